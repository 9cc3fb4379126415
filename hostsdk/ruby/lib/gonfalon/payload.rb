# frozen_string_literal: true

require "json"

module Gonfalon
  # A variant's payload, and the type that a program asks for.
  module Payload
    MAX_DEPTH = 1000

    module_function

    # Returns what JSON says; nil if it can't be read. An integer beyond ±2^53 is the nearest float.
    def parse(json)
      exact(JSON.parse(json, max_nesting: MAX_DEPTH))
    rescue JSON::ParserError, JSON::NestingError, SystemStackError
      nil
    end

    def exact(value)
      case value
      when Integer then value.abs <= Values::EXACT ? value : value.to_f
      when Array then value.map { |item| exact(item) }
      when Hash then value.transform_values { |item| exact(item) }
      else value
      end
    end

    def any(value)
      value
    end

    def boolean(value)
      value if value == true || value == false
    end

    def string(value)
      value if String === value
    end

    # Returns a number without a fraction within ±2^53, where integers and floats agree in every language.
    def integer(value)
      case value
      when Integer then value
      when Float then value.to_i if value.finite? && value == value.floor && value.abs < Values::EXACT
      end
    end

    def number(value)
      value.to_f if (Integer === value || Float === value) && value.to_f.finite?
    end

    def object(value)
      value if Hash === value
    end
  end
  private_constant :Payload
end
