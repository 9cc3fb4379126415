# frozen_string_literal: true

require "minitest"
require_relative "testing"

module Gonfalon
  # Flags for minitest: in each test, +gonfalon_flags+ is a client whose flags only this test sees, also where tests
  # run in parallel.
  #
  #   require "gonfalon/minitest"
  #
  #   class CheckoutTest < Minitest::Test
  #     include Gonfalon::Minitest
  #
  #     def test_staff_sees_it
  #       gonfalon_flags.enable(:new_checkout, for_group: "staff")
  #       …
  #     end
  #   end
  #
  # Flags that no test sets come from Gonfalon::Minitest.snapshot, if there is one.
  module Minitest
    class << self
      # The snapshot under all tests: its bytes, or a Pathname.
      attr_accessor :snapshot
    end

    def gonfalon_flags
      @gonfalon_flags ||= TestFlags.new(base: Minitest.snapshot)
    end
  end
end
