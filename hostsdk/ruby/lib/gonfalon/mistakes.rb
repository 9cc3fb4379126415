# frozen_string_literal: true

module Gonfalon
  # What programs ask that is probably not what they mean. It is counted, and logged once.
  class Mistakes
    attr_reader :unknown, :unreadable # decisions about unknown flags; decisions whose context has something that can't be read

    def initialize(log)
      @log = log
      @unknown = @unreadable = 0
    end

    # Notes a decision about a flag that the snapshot doesn't have.
    def unknown_flag(key)
      @unknown += 1
      @log.once(:warn, "there is no flag #{Mistakes.quoted(key)}: it is off")
    end

    # Notes decisions whose context has parts that can't be read.
    def unreadable_context(wrong, decisions = 1)
      @unreadable += decisions
      wrong.each { |what| @log.once(:warn, "a context has #{what}: see the table of contexts in the documentation") }
    end

    # Returns a key in quotes, cut if it is long.
    def self.quoted(key)
      return Values.class_name(key) unless String === key || Symbol === key

      text = String.new(Symbol === key ? key.name : key)[0, 200].dump
      text.size > 200 ? "#{text[0, 200]}…" : text
    end
  end
  private_constant :Mistakes
end
