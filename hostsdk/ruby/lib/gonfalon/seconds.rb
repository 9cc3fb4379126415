# frozen_string_literal: true

module Gonfalon
  # Times that a program gives, in seconds.
  module Seconds
    FOR_EVER = 100 * 365 * 86_400.0 # as good as that, and clocks and timers can bear it

    module_function

    # Returns a time as clocks and timers bear it; nil if there is none.
    def of(name, given)
      return nil if given.nil?
      number = given.is_a?(Numeric) && given.real? && given == given # rubocop:disable Lint/BinaryOperatorWithIdenticalOperands -- NaN isn't
      raise ArgumentError, "#{name} is #{given.inspect}; it is a number of seconds" unless number

      [given, FOR_EVER].min
    end

    # Returns the time between two rounds of something. With none it would never rest.
    def between(name, given)
      of(name, given)&.tap { |time| raise ArgumentError, "#{name} is #{time} seconds; it must be above 0" unless time.positive? }
    end
  end
  private_constant :Seconds
end
