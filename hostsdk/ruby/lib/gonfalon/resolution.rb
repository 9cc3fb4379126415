# frozen_string_literal: true

module Gonfalon
  # A flag's one value, by the table "Values" of the SDK contract. value nil is the caller's default. reason and error
  # are OpenFeature's words; no error is empty.
  Resolution = Struct.new(:value, :variant, :reason, :error) do
    # Returns the value that a decision gives its flag, by the first row that fits.
    def self.of(decision)
      return new(nil, nil, "ERROR", "INVALID_CONTEXT") if ContextError === decision.error
      return new(nil, nil, "ERROR", "GENERAL") if decision.error
      return new(nil, nil, "ERROR", "PROVIDER_NOT_READY") if decision.reason == "NOT_READY"
      return new(nil, nil, "ERROR", "FLAG_NOT_FOUND") unless decision.known?

      if (variant = decision.variant)
        return new(decision.payload? ? decision.payload : variant, variant, decision.killed? ? "STATIC" : "SPLIT", "")
      end
      return new(nil, nil, decision.killed? ? "DISABLED" : "DEFAULT", "") if decision.variants?
      return new(false, "off", "STATIC", "") if decision.killed?

      reason = %w[STATIC TARGETING_MATCH SPLIT].include?(decision.reason) ? decision.reason : "DEFAULT"
      new(decision.enabled?, decision.enabled? ? "on" : "off", reason, "")
    end
  end
  private_constant :Resolution
end
