# frozen_string_literal: true

# Runs all tests, and ends with how many passed and failed.

require_relative "helper"

# Says it in the words of every SDK's tests.
class Summary < Minitest::StatisticsReporter
  def report
    super
    failed = failures + errors
    io.puts "#{count - failed - skips} passed, #{failed} failed"
  end
end

Minitest.extensions << "summary"

# The reporter comes last.
module Minitest
  def self.plugin_summary_init(options)
    reporter << Summary.new(options[:io], options)
  end
end

Dir[File.join(__dir__, "*_test.rb")].sort.each { |file| require file }
