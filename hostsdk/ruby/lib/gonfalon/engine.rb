# frozen_string_literal: true

module Gonfalon
  # A snapshot that decides: an instance behind a lock. One is enough, because Ruby's threads compute one at a time.
  # Safe for use from threads, in a trap handler, and after a fork.
  #
  # Why: RATIONALE.md "Why does one lock guard an engine in Ruby?"
  #
  # Each question takes who asks (an actor, or a prepared context in its place), groups and attributes, and the time
  # (Unix microseconds) and chance (64 bits), for which nil stands for the clock's and fresh ones.
  class Engine
    LONGEST_KEY = 1024 # bytes of a flag's key (engine/limits.go)
    UNKNOWN = 1000 # keys of no flag that are remembered: a program asks for a few such flags, an attacker for any number

    attr_reader :data, :info

    # Loads a snapshot; raises SnapshotError if the engine refuses it. on_trap is called with each Trap.
    def initialize(data, mistakes, on_trap = nil)
      @data = data
      @mistakes = mistakes
      @on_trap = on_trap
      @lock = Mutex.new
      @instance = Instance.load(data)
      @info = @instance.info
      @needs = {}
      @names = {} # the lists of attributes that flags look at, so that many flags share one
      @variants = {}
      @usage = {}
    end

    # Returns the packed decision of one flag: the quickest question.
    def evaluate(key, actor, groups, attributes, now, roll)
      needs = @needs[key] || ask(key)
      if (packed = needs.fixed)
        return packed.zero? ? packed : locked { count(needs.key, packed) }
      end
      request = needs.request(actor, groups, attributes, now, roll, @mistakes)
      locked { |instance| count(needs.key, instance.evaluate(request)) }
    end

    # Returns the whole decision of one flag.
    def decide(key, actor, groups, attributes, now, roll)
      needs = @needs[key] || ask(key)
      return Decision.new(needs.key, evaluate(key, nil, nil, nil, 0, 0), revision: @info.revision) if needs.fixed

      request = needs.request(actor, groups, attributes, now, roll, @mistakes)
      locked do |instance|
        decision_of(needs.key, instance, instance.decide(request)).tap { |decision| count(needs.key, decision.packed) }
      end
    end

    # Returns the decisions of several flags, in their order, or of all flags (nil).
    def decide_all(keys, actor, groups, attributes, now, roll)
      now ||= Engine.now
      roll ||= Random.rand(1 << 64)
      keys = keys.map { |key| text_of(key) } if keys
      context = Context.of(actor, groups, attributes)
      begin
        request = whole(keys, context, now, roll)
      rescue ContextError # perhaps they only ask together for more than a request can have
        return (keys || self.keys).map { |key| alone(key, context, now, roll) }
      end
      batch(keys || self.keys, request)
    end

    # Returns the decision with every gate that the engine looked at. It is not counted as an evaluation.
    def explain(key, actor, groups, attributes, now, roll)
      needs = @needs[key] || ask(key)
      key = needs.key
      request = whole(key, Context.of(actor, groups, Values.only(attributes, needs.attributes)), now || Engine.now, roll || Random.rand(1 << 64))
      locked do |instance|
        decision = decision_of(key, instance, instance.decide(request))
        Explanation.read(instance.explain(request), decision, @info)
      end
    end

    # Returns the keys of all flags, ascending.
    def keys
      @keys ||= locked { |instance| Array.new(@info.flags) { |number| instance.flag_key(number).freeze }.freeze }
    end

    # Returns what was counted since the last time: key → [count, Unix microseconds of now, how often it was on].
    def take_usage
      taken = @lock.synchronize { @usage.tap { @usage = {} } }
      now = Engine.now
      taken.transform_values { |(all, on)| [all, now, on] }
    end

    # Returns the bytes of the snapshot that a delta makes of this one. It is spliced in a copy, so that no decision
    # waits.
    def splice(delta)
      copy = locked(&:copy)
      copy.splice(delta)
    ensure
      copy&.free
    end

    # Frees the memory that the snapshot takes, because another one serves. A call that comes late loads it again.
    def retire
      @lock.synchronize do
        retired = @instance
        @instance = nil
        retired&.free
      end
    end

    # In a child process: the parent reports what was counted before, and a call may have been under way in another
    # thread.
    def forked
      @lock = Mutex.new
      @usage = {}
    end

    def self.now
      Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
    end

    private

    # Counts an evaluation, and returns its packed decision. The lock is held.
    def count(key, packed)
      counts = (@usage[key] ||= [0, 0])
      counts[0] += 1
      counts[1] += packed & Packed::ENABLED
      packed
    end

    # Returns the request for one flag, several or (nil) all of them, with all that there is.
    def whole(flags, context, now, roll)
      needed = (String === flags ? [flags] : flags || keys).map { |key| @needs[key] || ask(key) } if String === flags || context.asks?
      named = needed ? needed.flat_map(&:groups).uniq : []
      names = needed[0].attributes if String === flags
      member_of = names.nil? || !named.empty? ? context.member_of(named) : []
      known = context.known(names)
      unless context.unreadable.empty?
        @mistakes.unreadable_context(context.unreadable, String === flags ? 1 : (flags || keys).size)
      end
      flags = String === flags ? sent(flags) : flags&.map { |key| sent(key) }
      Needs.whole(flags, context.actor, member_of, now, roll, known)
    end

    def batch(keys, request)
      decisions = []
      while decisions.size < keys.size
        first = decisions.size
        decisions.concat(locked do |instance|
          instance.batch(request, first).each_with_index.map do |record, i|
            count(keys[first + i], record[0]) unless record[0].zero?
            decision_of(keys[first + i], instance, record)
          end
        end)
      end
      decisions
    end

    # Returns one decision of several, which keeps its error to itself.
    def alone(key, context, now, roll)
      decide(key, context, nil, nil, now, roll)
    rescue Failure => e
      Decision.new(key, NOT_READY, revision: @info.revision, error: e)
    end

    # Asks the engine what a flag needs, and whether it is decided already.
    def ask(given)
      key = text_of(given)
      request = MessagePack.pack([sent(key), nil, [], 0, 0, {}])
      (groups, names, number, now, roll), packed = locked { |instance| [instance.needs(request), instance.evaluate(request)] }
      # A name that isn't valid Unicode can become the one that is looked for, so that all have to be seen.
      names = nil if names&.any? { |name| name.include?("\u{FFFD}") }
      decided = packed.zero? || packed & (Packed::IS_FIXED | Packed::HAS_VARIANT | Packed::HAS_TARGET) == Packed::IS_FIXED
      needs = Needs.new(key, groups, @names[names] ||= names, number, now, roll, decided ? packed : nil).freeze
      @needs[Symbol === given ? given : needs.key] = needs if number || (@needs.size < (@info.flags * 2) + UNKNOWN && key.bytesize <= LONGEST_KEY)
      needs
    end

    # Returns a key as a request has it. One that is too long to be a flag's is cut, and still is no flag's.
    def sent(key)
      key.bytesize > LONGEST_KEY ? Values.text(key.byteslice(0, LONGEST_KEY + 1)) : key
    end

    def text_of(key)
      case key
      when String then Values.text(key)
      when Symbol then Values.text(key.name)
      else raise TypeError, "a flag's key is a String or a Symbol, not #{Values.class_name(key)}"
      end
    end

    def decision_of(key, instance, record)
      packed, variant, name, name_size, payload, payload_size, target, target_size = record
      unless variant.zero?
        served = @variants[variant] ||=
          Variant.new(instance.text(name, name_size).freeze, instance.text(payload, payload_size).freeze).freeze
      end
      at = instance.text(target, target_size) unless (packed & Packed::HAS_TARGET).zero?
      Decision.new(key, packed, variant: served, target: at, revision: @info.revision)
    end

    # Yields the instance, to one caller at a time.
    def locked(&ask)
      @lock.synchronize { yield(@instance ||= Instance.load(@data)) }
    rescue Trap => e
      @on_trap&.call(e)
      again(&ask)
    rescue ThreadError # the lock can't be taken in a trap handler, or is held by what the handler interrupted
      aside(&ask)
    end

    # Asks once more, in the snapshot loaded anew.
    def again
      @lock.synchronize do
        @instance&.free
        @instance = Instance.load(@data)
        yield @instance
      rescue Trap => e # it is the request: refuse it, and leave nothing poisoned behind
        @instance&.free
        @instance = nil
        @on_trap&.call(e)
        raise
      end
    end

    # Asks an instance that is loaded for this one call.
    def aside
      instance = Instance.load(@data)
      yield instance
    ensure
      instance&.free
    end
  end
  private_constant :Engine
end
