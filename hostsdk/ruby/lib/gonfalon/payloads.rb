# frozen_string_literal: true

module Gonfalon
  # Variants and their payloads, by type, of whatever decides. Arguments besides the key and the default are those of
  # decide.
  module Payloads
    # Returns the name of the variant that the actor gets; default if it gets none. A disabled flag still serves its
    # variant.
    def variant(key, *actor, default: nil, **asking)
      decide(key, *actor, **asking).variant || default
    end

    # Returns the served variant's payload, of whatever type, or default.
    def payload(key, *actor, default: nil, **asking)
      typed(:any, decide(key, *actor, **asking), default)
    end

    # Returns the served variant's payload if it is a boolean, else default.
    def payload_bool(key, *actor, default:, **asking)
      typed(:boolean, decide(key, *actor, **asking), default)
    end

    # Returns the served variant's payload if it is a string, else default.
    def payload_string(key, *actor, default:, **asking)
      typed(:string, decide(key, *actor, **asking), default)
    end

    # Returns the served variant's payload if it is a number without a fraction within ±2^53, else default.
    def payload_int(key, *actor, default:, **asking)
      typed(:integer, decide(key, *actor, **asking), default)
    end

    # Returns the served variant's payload if it is a number, else default.
    def payload_float(key, *actor, default:, **asking)
      typed(:number, decide(key, *actor, **asking), default)
    end

    # Returns the served variant's payload if it is an object, as a Hash, else default.
    def payload_object(key, *actor, default:, **asking)
      typed(:object, decide(key, *actor, **asking), default)
    end

    private

    def typed(type, decision, default)
      value = Payload.public_send(type, decision.payload) if decision.payload?
      value.nil? ? default : value
    end
  end
  private_constant :Payloads
end
