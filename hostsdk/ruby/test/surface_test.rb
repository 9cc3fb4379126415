# frozen_string_literal: true

require_relative "helper"
require "gonfalon/rack"

# Holds hostsdk/surface.json, with what is different here, against what the gem exports.
class SurfaceTest < Minitest::Test
  SURFACE = JSON.parse(File.read(File.join(TREE, "hostsdk/surface.json")))
  OURS = JSON.parse(File.read(File.join(TREE, "hostsdk/ruby/surface.json")))
  WORDS = { "reason" => Gonfalon::REASONS, "gate" => Gonfalon::GATES.drop(1), "outcome" => Gonfalon::OUTCOMES,
            "operator" => Gonfalon::OPERATORS, "state" => Gonfalon::STATES }.freeze

  # Returns what a class has of its own: methods, or the members of a struct and the methods beside them.
  def self.names(type, *modules)
    own = [type, *modules].flat_map { |part| part.public_instance_methods(false) }
    own = type.members | own.grep_v(/=\z/) if type < Struct
    own.map(&:to_s) - %w[to_s inspect == eql? hash initialize]
  end

  def self.keywords(method)
    method.parameters.filter_map { |kind, name| name.to_s if kind == :key }
  end

  HAS = {
    "client" => names(Gonfalon::Client, Gonfalon::Flags, Gonfalon::Flags.included_modules[0]),
    "config" => keywords(Gonfalon::Client.instance_method(:initialize)),
    "decision" => names(Gonfalon::Decision),
    "explanation" => names(Gonfalon::Explanation),
    "step" => names(Gonfalon::Step),
    "comparison" => names(Gonfalon::Comparison),
    "stats" => names(Gonfalon::Stats),
    "info" => names(Gonfalon::SnapshotInfo),
    "state_event" => names(Gonfalon::StateChanged),
    "flags_event" => names(Gonfalon::FlagsChanged),
    "test" => names(Gonfalon::TestFlags),
    "target" => keywords(Gonfalon::TestFlags.instance_method(:enable)),
    "package" => Gonfalon.constants.map(&:to_s) - %w[Minitest TestFlags Conformance Differential] + Gonfalon.singleton_methods.map(&:to_s)
  }.freeze

  (SURFACE.keys - %w[languages features words]).each do |section|
    define_method("test_#{section}") do
      other = OURS["other"].fetch(section, {})
      wanted = SURFACE[section]["names"].map { |_, name| other.fetch(name, name) }.compact
      assert_equal (wanted | OURS["more"].fetch(section, {}).keys).sort, HAS.fetch(section).uniq.sort
    end
  end

  def test_the_words_are_those_of_the_surface
    assert_equal SURFACE["words"], WORDS
  end
end
