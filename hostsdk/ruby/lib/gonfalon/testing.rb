# frozen_string_literal: true

require "gonfalon"
require_relative "testing/compiler"
require_relative "testing/layered"

module Gonfalon
  # Flags for tests: set in the test, decided by the real engine, no network, nothing shared.
  #
  #   flags = Gonfalon::TestFlags.new
  #   flags.enable(:new_checkout, for_group: "staff")
  #   flags.enabled?(:new_checkout, "user:3", groups: ["staff"]) # => true
  #
  # A change lasts as long as the object, or as the block that it is given, whose value it returns:
  #
  #   flags.disable(:new_checkout) { … }
  #
  # Flags that the test doesn't set come from base, a snapshot that `gonfalon compile` made (its bytes, or a
  # Pathname), or are unknown.
  class TestFlags
    include Flags

    def initialize(base: nil, logger: nil)
      @log = Log.new(logger)
      @status = Status.new(@log, aside: false)
      @store = Store.new(nil, @status, @log)
      base = RegularFile.read(base.to_path, Instance::MAX_BYTES) unless base.nil? || String === base
      @base = Engine.new(base, @store.mistakes) if base
      @revision = 0
      @flags = {}
      put({})
    end

    # Turns a flag on: for everyone, or for what is named. requires makes it need another flag that is on.
    def enable(key, for_actor: nil, for_group: nil, for_percentage_of_actors: nil, for_percentage_of_time: nil, requires: nil, &block)
      scopes = { actors: for_actor, groups: for_group, actors_ratio: for_percentage_of_actors, time_ratio: for_percentage_of_time,
                 requires: requires }
      change(key, block) { |flag| flag.scoped(true, scopes) }
    end

    # Turns a flag off: for everyone that no other gate grants it to, or for what is named. requires makes it need
    # another flag that is off.
    def disable(key, for_actor: nil, for_group: nil, requires: nil, &block)
      change(key, block) { |flag| flag.scoped(false, { actors: for_actor, groups: for_group, requires: requires }) }
    end

    # Gives the flag a variant, which every actor is served, with a payload if there is one.
    def serve(key, variant, payload = nil, &block)
      change(key, block) { |flag| flag.variant = [variant.to_s, payload] }
    end

    # Kills a flag: off, whatever its gates say. Actors get the flag's variant only if serving_variant says so.
    def kill(key, serving_variant: false, &block)
      change(key, block) do |flag|
        raise ArgumentError, "#{key} has no variant to serve" if serving_variant && flag.variant.nil?

        flag.killed = true
        flag.off_variant = serving_variant
      end
    end

    # Sets several flags: true and false turn one on and off, a text is the variant that it serves.
    def set(flags)
      flags.each do |key, value|
        case value
        when true then enable(key)
        when false then disable(key)
        else serve(key, value)
        end
      end
    end

    # Forgets what the test set for a flag, or for all of them.
    def clear(key = nil)
      put(key.nil? ? {} : @flags.reject { |name, _| name == key.to_s })
    end

    # Makes the client one that nothing has been loaded into: every question gets the caller's default. The next
    # change loads it again.
    def unload
      @store.replace(nil)
      @status.unloaded
    end

    private

    def change(key, block)
      before = @flags
      flag = (before[key.to_s] || TestFlag.new).copy
      yield flag
      put(before.merge(key.to_s => flag))
      return if block.nil?

      begin
        block.call
      ensure
        put(before)
      end
    end

    def put(flags)
      @revision += 1
      engine = Engine.new(Compiler.compile(flags, revision: @revision), @store.mistakes) # which may refuse them
      changed = (@flags.keys | flags.keys).reject { |key| @flags[key] == flags[key] }.sort_by(&:b)
      @flags = flags
      @store.replace(@base ? LayeredEngine.new(engine, @base) : engine)
      @status.contact
      @store.tell(changed)
    end
  end
end
