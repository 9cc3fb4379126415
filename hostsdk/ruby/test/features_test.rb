# frozen_string_literal: true

require_relative "helper"

# Writes which of the features of hostsdk/surface.json the gem has, and compares it with features.json.
# GONFALON_UPDATE=1 writes the file.
class FeaturesTest < Minitest::Test
  FILE = File.join(TREE, "hostsdk/ruby/features.json")

  def test_the_features_are_those_of_the_gem
    assert_equal JSON.parse(File.read(File.join(TREE, "hostsdk/surface.json")))["features"], features.keys
    said = features.transform_values { |has| { true => "yes", false => "–" }.fetch(has, has) }
    text = "#{JSON.pretty_generate(said)}\n"
    File.write(FILE, text) if ENV["GONFALON_UPDATE"]
    assert_equal text, File.read(FILE)
  end

  private

  def features
    {
      "engine" => file("library") ? "C, by Fiddle" : false,
      "enabled, variant, typed payload, decide, decide all, explain" =>
        has(:enabled?, :variant, :payload_bool, :payload_string, :payload_int, :payload_float, :payload_object, :decide, :decide_all, :explain),
      "prepared context, reused without building it again" => Gonfalon.const_defined?(:Context),
      "stream with resume and deltas; polling with ETag" => takes(:poll_interval) && covered("recorded"),
      "file, bootstrap, last good on disk" => takes(:file, :bootstrap, :last_good),
      "in process with the control plane" => file("inprocess"),
      "states, events, age" => has(:state, :subscribe, :stats) && Gonfalon::Stats.members.include?(:age),
      "usage batches" => has(:flush),
      "test helper with overrides, no network" => file("testing") ? "`gonfalon/testing`" : false,
      "OpenFeature provider" => file("openfeature"),
      "conformance vectors, shared cases and recorded streams (`testdata/`)" => covered("conformance", "contract_values", "recorded"),
      "wait for a revision; events of schedules" => has(:wait_for) && file("ticker"),
      "an actor's score for any flag" => Gonfalon.respond_to?(:score) ? "`score`" : false,
      "an admin client, which reads and writes flags" => file("admin")
    }
  end

  def has(*names)
    names.all? { |name| Gonfalon::Client.method_defined?(name) }
  end

  def takes(*names)
    (names - Gonfalon::Client.instance_method(:initialize).parameters.map(&:last)).empty?
  end

  def file(name)
    File.exist?(File.expand_path("../lib/gonfalon/#{name}.rb", __dir__))
  end

  def covered(*names)
    names.all? { |name| File.exist?(File.join(__dir__, "#{name}_test.rb")) }
  end
end
