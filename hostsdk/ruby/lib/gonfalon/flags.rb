# frozen_string_literal: true

module Gonfalon
  # A client's figures, for metrics. age: seconds since the source last confirmed the snapshot · taken: snapshots from
  # the source · refused: frames that changed nothing · broken: decisions that failed · unknown: decisions about
  # unknown flags · unreadable: decisions whose context has something that can't be read · traps: times that the
  # engine stopped in the middle of a call · lost: connections of the source that ended · last_error: what is wrong
  # with the source, for people.
  Stats = Struct.new(:state, :info, :age, :taken, :refused, :broken, :unknown, :unreadable, :traps, :lost, :last_error)

  # How a program evaluates flags. No evaluation blocks, uses the network or raises: where nothing can be decided, the
  # caller gets the default.
  #
  # A flag's key is a String or a Symbol. Each method takes a context: an actor, +groups+ and +attributes+, or a
  # prepared Context in the actor's place. +now+ (Unix microseconds) and +roll+ (64 bits of chance) replay a decision;
  # without them the clock and fresh random bits are used.
  module Flags
    include Payloads

    MAX_KEYS = 100_000 # that one question may name, as many as a snapshot can have: an enumerator may have no end

    # Reports whether the flag is on. An unknown or killed flag is off; default counts only where nothing could be
    # decided.
    def enabled?(key, actor = nil, groups: nil, attributes: nil, default: false, now: nil, roll: nil)
      engine = @store.engine
      return default if engine.nil?

      packed = engine.evaluate(key, actor, groups, attributes, now, roll)
      @store.mistakes.unknown_flag(key) if (packed & Packed::REASON).zero?
      packed.odd?
    rescue Failure => e
      failed(key, e)
      default
    end

    # Returns the whole decision about one flag.
    def decide(key, actor = nil, groups: nil, attributes: nil, now: nil, roll: nil)
      engine = @store.engine
      return undecided(key) if engine.nil?

      decision = engine.decide(key, actor, groups, attributes, now, roll)
      @store.mistakes.unknown_flag(key) unless decision.known?
      decision
    rescue Failure => e
      failed(key, e)
      undecided(key, e, engine.info)
    end

    # Returns the decisions about these flags, in their order, or about all flags, ascending by key. It takes one call
    # into the engine per 1,024 flags.
    def decide_all(actor = nil, keys: nil, groups: nil, attributes: nil, now: nil, roll: nil)
      engine = @store.engine
      wanted = keys && listed(keys)
      return (wanted || []).map { |key| undecided(key) } if engine.nil?

      engine.decide_all(wanted, actor, groups, attributes, now, roll).each { |decision| note(decision) }
    rescue Failure => e
      failed("all flags", e)
      (keys ? wanted || [] : self.keys).map { |key| undecided(key, e, engine&.info) }
    end

    # Returns the decision with every gate that the engine looked at. It is not counted as an evaluation. Where
    # nothing could be decided, there are no steps.
    def explain(key, actor = nil, groups: nil, attributes: nil, now: nil, roll: nil)
      engine = @store.engine
      return Explanation.new(undecided(key), [], @store.environment.to_s, nil) if engine.nil?

      explanation = engine.explain(key, actor, groups, attributes, now, roll)
      @store.mistakes.unknown_flag(key) unless explanation.decision.known?
      explanation
    rescue Failure => e
      failed(key, e)
      Explanation.new(undecided(key, e, engine.info), [], engine.info.environment, engine.info.revision)
    end

    # Returns the keys of all flags, ascending.
    def keys
      @store.engine&.keys || []
    rescue Failure => e
      failed("all flags", e)
      []
    end

    # Returns the bytes that serve now, to be kept as a bootstrap; nil before the first.
    def snapshot
      @store.engine&.data
    end

    # Returns what the snapshot that serves says about itself; nil before the first.
    def info
      @store.engine&.info
    end

    # Returns what the answers rest on, a word of STATES.
    def state
      @status.state
    end

    # Returns the client's figures now.
    def stats
      store = @store
      mistakes = store.mistakes
      Stats.new(state, info, @status.age, store.taken, store.refused, store.broken, mistakes.unknown, mistakes.unreadable, store.traps,
                @status.losses, @status.error).freeze
    end

    # Calls the block on each StateChanged and FlagsChanged, in a thread of the client's. Returns a Proc that ends
    # that. What the block raises is logged.
    def subscribe(&listener)
      raise ArgumentError, "a listener is a block" if listener.nil?

      @status.subscribe(listener)
    end

    private

    def listed(keys)
      raise TypeError, "keys are a list, not #{Values.class_name(keys)}" unless Enumerable === keys

      wanted = keys.first(MAX_KEYS + 1)
      raise ArgumentError, "more than #{MAX_KEYS} keys" if wanted.size > MAX_KEYS

      wanted
    end

    def note(decision)
      if decision.error then failed(decision.key, decision.error)
      elsif !decision.known? then @store.mistakes.unknown_flag(decision.key)
      end
    end

    def undecided(key, error = nil, info = nil)
      key = key.name if Symbol === key
      Decision.new(key, NOT_READY, revision: info&.revision, error: error)
    end

    def failed(key, error)
      if ContextError === error
        return @store.mistakes.unreadable_context(["something that can't be read: #{error.message}"])
      end

      @store.broken += 1
      what = Log.describe(error)
      @log.once(:error, "#{Mistakes.quoted(key)} can't be decided, the caller gets the default: #{what}", what)
    end
  end
end
