# frozen_string_literal: true

require "rspec/core"
require_relative "testing"

module Gonfalon
  # Flags for RSpec: in each example, +gonfalon_flags+ is a client whose flags only this example sees.
  #
  #   require "gonfalon/rspec"
  #
  #   it "shows the new checkout to staff" do
  #     gonfalon_flags.enable(:new_checkout, for_group: "staff")
  #     …
  #   end
  #
  #   it "has a blue hero", gonfalon: { new_checkout: true, hero: "blue" } do … end
  #
  # The metadata sets flags beforehand: true and false turn one on and off, a string is the variant that it serves.
  # All other flags come from the snapshot RSpec.configuration.gonfalon_snapshot, if there is one.
  module RSpec
    def gonfalon_flags
      @gonfalon_flags ||= TestFlags.new(base: ::RSpec.configuration.gonfalon_snapshot)
    end
  end

  ::RSpec.configure do |config|
    config.add_setting :gonfalon_snapshot
    config.include RSpec
    config.before(:each, :gonfalon) do |example|
      settings = example.metadata[:gonfalon]
      gonfalon_flags.set(settings) if Hash === settings
    end
  end
end
