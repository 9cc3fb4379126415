# frozen_string_literal: true

require_relative "helper"
require "open3"
require "rbconfig"

class RspecTest < Minitest::Test
  def test_the_examples_pass
    root = File.expand_path("..", __dir__)
    command = [RbConfig.ruby, "-Ilib", "-rrspec/core", "-e", "exit RSpec::Core::Runner.run(ARGV)", "test/gonfalon_spec.rb"]
    output, status = Open3.capture2e(*command, chdir: root)
    assert status.success?, output
    assert_match(/\b3 examples, 0 failures/, output)
  end
end
