# frozen_string_literal: true

module Gonfalon
  OUTCOMES = %w[no yes deny pass fail not_asked].freeze
  OPERATORS = %w[eq neq in not_in contains gt gte lt lte matches never semver_gte semver_lt starts_with ends_with].freeze

  # One constraint of a rule or segment, and how it compared. actual is the context's value, nil if it is missing.
  Comparison = Struct.new(:attribute, :operator, :values, :actual, :held)

  # One gate. outcome is a word of OUTCOMES; facts are what was compared, by name (scores of 0 … 65535, draws of 1 …
  # 10000, times in Unix microseconds; nil: open, missing or not needed).
  Step = Struct.new(:gate, :outcome, :target, :facts, :comparisons) do
    # Says what the gate compared, in words.
    def detail
      Words.detail(self)
    end

    def to_s
      format("%-20s %-16s %-9s %s", gate, target.to_s.empty? ? "" : Words.name(target), outcome, detail)
    end
  end

  # A decision and the steps to it: every gate that the engine looked at, in order. to_s is a table to read.
  Explanation = Struct.new(:decision, :steps, :environment, :revision) do
    def to_s
      at = revision ? "revision #{revision}" : "nothing loaded"
      head = [decision.key, environment, at, decision.enabled? ? "on" : "off", decision.reason].join(" · ")
      head += " · variant #{decision.variant}" if decision.variant
      [head, *steps.map { |step| "  #{step}" }].join("\n")
    end
  end

  class Explanation
    # What a step's three numbers are, by gate.
    FACTS = {
      "" => %i[exhausted],
      "actor" => %i[state],
      "group" => %i[state],
      "rule" => %i[score limit],
      "segment" => %i[score limit],
      "boolean" => %i[on],
      "schedule" => %i[from until now],
      "percentage_of_actors" => %i[score limit],
      "percentage_of_time" => %i[draw limit],
      "prerequisite" => %i[required found]
    }.freeze
    private_constant :FACTS

    # Reads the module's form: [packed, [[gate, outcome, target, a, b, c, details] …]].
    def self.read(written, decision, info)
      new(decision, written[1].map { |step| read_step(step) }.freeze, info.environment, info.revision)
    end

    def self.read_step(written)
      number, outcome, target, *numbers, details = written
      gate = GATES[number] || "gate #{number}"
      comparisons = (details || []).map do |attribute, operator, values, actual, held|
        Comparison.new(attribute, OPERATORS[operator] || "operator #{operator}", values, actual, held)
      end
      facts = FACTS.fetch(gate, []).zip(numbers).to_h
      Step.new(gate, OUTCOMES[outcome] || "outcome #{outcome}", target, facts, comparisons)
    end
    private_class_method :read_step
  end
end
