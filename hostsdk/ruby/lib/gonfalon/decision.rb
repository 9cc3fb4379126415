# frozen_string_literal: true

require "json"

module Gonfalon
  # The packed decision of the module's ABI.
  module Packed
    ENABLED = 1
    REASON = 15 << 1
    KILLED = 5
    HAS_VARIANT = 1 << 26
    HAS_TARGET = 1 << 27
    HAS_VARIANT_GATE = 1 << 28
    IS_FIXED = 1 << 29
    EXHAUSTED = 1 << 30
    SCORES = 65_536
  end

  # Why a decision is what it is. The last is a host's, before it has a snapshot. A newer engine's reason without a
  # name here is "reason 9".
  REASONS = %w[UNKNOWN_FLAG DEFAULT STATIC TARGETING_MATCH SPLIT KILLED PREREQUISITE NOT_READY].freeze

  # The kinds of gates. A newer engine's gate without a name here is "gate 11".
  GATES = ["", *%w[boolean actor group rule segment schedule percentage_of_actors percentage_of_time prerequisite kill]].freeze

  NOT_READY = REASONS.index("NOT_READY") << 1 # a packed decision of this reason
  private_constant :Packed, :NOT_READY

  # A variant that was served: its name, and its payload as canonical JSON (empty if it has none).
  Variant = Struct.new(:name, :payload)
  private_constant :Variant

  # The answer about one flag for one context.
  class Decision
    attr_reader :key,
                :packed, # the decision as the module's ABI packs it
                :target, # the deciding gate's target: a group, segment, parent flag or actor; nil if it has none
                :revision, # of the snapshot that decided; nil if there was none
                :error # what kept the engine from deciding, such as a context that can't be read; the reason is then NOT_READY

    def initialize(key, packed, variant: nil, target: nil, revision: nil, error: nil)
      @key = key
      @packed = packed
      @variant = variant
      @target = target
      @revision = revision
      @error = error
    end

    # Reports what the gates said; false while nothing is known.
    def enabled?
      @packed & Packed::ENABLED != 0
    end

    # Returns why, a word of REASONS.
    def reason
      number = (@packed >> 1) & 15
      REASONS[number] || "reason #{number}"
    end

    # Returns the kind of gate that decided, a word of GATES; empty if none did.
    def gate
      number = (@packed >> 5) & 15
      GATES[number] || "gate #{number}"
    end

    # Returns the gate that decided, with its target after a slash: "group/staff"; empty if none did.
    def path
      @target.nil? || @target.empty? ? gate : "#{gate}/#{@target}"
    end

    # Reports whether a snapshot decided, and has the flag.
    def known?
      ![0, NOT_READY].include?(@packed & Packed::REASON)
    end

    # Reports whether the flag is killed: off, whatever its gates say.
    def killed?
      (@packed >> 1) & 15 == Packed::KILLED
    end

    # Reports whether the flag has a variant gate, served or not.
    def variants?
      @packed & Packed::HAS_VARIANT_GATE != 0
    end

    # Reports whether the flag's comparisons took too many steps over the context, so that it is off.
    def exhausted?
      @packed & Packed::EXHAUSTED != 0
    end

    # Returns the actor's place in [0, 1) for this flag, which percentages and variants go by; nil if it wasn't
    # needed.
    def score
      score = (@packed >> 9) & 0x1ffff
      (score - 1).fdiv(Packed::SCORES) unless score.zero?
    end

    # Returns the name of the variant that was served. One is served to a disabled flag's actors, too.
    def variant
      @variant&.name
    end

    # Reports whether the variant that was served has a payload.
    def payload?
      !(@variant.nil? || @variant.payload.empty?)
    end

    # Returns the served variant's payload: a boolean, String, Integer, Float or Hash, new at each call; nil without
    # one, or if it can't be read.
    def payload
      Payload.parse(@variant.payload) if payload?
    end

    # Returns the flag's one value, as OpenFeature and every SDK have it.
    def value
      Resolution.of(self).value
    end

    def ==(other)
      other.instance_of?(Decision) && values == other.values
    end
    alias eql? ==

    def hash
      values.hash
    end

    def inspect
      parts = [key.inspect, enabled? ? "on" : "off", reason]
      parts << path unless gate.empty?
      parts << "variant #{variant.inspect}" if variant
      "#<Gonfalon::Decision #{parts.join(" ")}>"
    end

    protected

    def values
      [@key, @packed, @variant, @target, @revision, @error]
    end
  end
end
