# frozen_string_literal: true

require "fiddle"
require "rbconfig"

module Gonfalon
  # The C library, gonfalon.h function by function. A quick call keeps the interpreter's lock: it is far shorter than
  # handing the lock over and getting it back. A patient one, which may take long (loading, splicing), lets it go.
  module Library
    NAME = "gonfalon/libgonfalon.#{RbConfig::CONFIG["SOEXT"] || "so"}"

    # Returns the library's path: GONFALON_LIBRARY, or where the gem's installation has put what it compiled.
    def self.path
      given = ENV["GONFALON_LIBRARY"].to_s
      return given unless given.empty?

      folders = [File.expand_path("..", __dir__), *$LOAD_PATH.map(&:to_s)]
      folders.map { |folder| File.join(folder, NAME) }.find { |file| File.file?(file) } ||
        raise(LoadError, "#{NAME} is not there: install the gem again, or compile it with `ruby ext/gonfalon/build.rb`")
    end

    HANDLE = Fiddle.dlopen(path)

    def self.function(name, arguments, result, quick)
      Fiddle::Function.new(HANDLE["gonfalon_#{name}"], arguments, result, name: name, need_gvl: quick)
    end
    private_class_method :function

    P = Fiddle::TYPE_VOIDP
    N = Fiddle::TYPE_SIZE_T
    I = Fiddle::TYPE_INT
    LOAD = function("load", [P, N, P, P], I, false)
    CLONE = function("clone", [P, P], I, false)
    SPLICE = function("splice", [P, P, N, P, P], I, false)
    INFO = function("info", [P, P], I, true)
    FLAG_KEY = function("flag_key", [P, I, P, P], I, true)
    NEEDS = function("needs", [P, P, N, P], I, true)
    EVALUATE = function("evaluate", [P, P, N], I, true)
    DECIDE = function("decide", [P, P, N, P], I, true)
    BATCH = function("batch", [P, P, N, I, P], I, true)
    EXPLAIN = function("explain", [P, P, N, P], I, true)
    FREE = Fiddle::Function.new(HANDLE["gonfalon_free"], [P], Fiddle::TYPE_VOID, name: "free", need_gvl: true)
  end
  private_constant :Library
end
