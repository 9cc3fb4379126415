# frozen_string_literal: true

require_relative "helper"
require_relative "contract_values_test"

# Runs hostsdk/testdata/bounds.json, as every SDK does: contexts and questions that are too large.
class BoundsTest < Minitest::Test
  BOUNDS = JSON.parse(File.read(File.join(TREE, "hostsdk/testdata/bounds.json")))

  BOUNDS["cases"].each_with_index do |given, i|
    define_method("test_#{i}_#{given["about"]}") { check(given) }
  end

  BOUNDS["keys"].each do |given|
    define_method("test_#{given["about"]}") do
      assert_equal given["decisions"], @flags.decide_all(keys: ["who"] * given["count"]).size
      assert_equal given["decisions"].zero? ? 1 : 0, @flags.stats.broken
    end
  end

  def setup
    @flags = Gonfalon::Client.new(bootstrap: ContractValuesTest::CONTRACT["snapshot"].unpack1("m0"), logger: SILENT)
  end

  def teardown
    @flags.close
  end

  private

  def check(given)
    want = given["want"].values_at("enabled", "reason", "gate")
    actor = given["actor"] && ContractValuesTest.typed(given["actor"])
    groups = given["groups"] && ContractValuesTest.typed(given["groups"])
    attributes = given.fetch("attributes", {}).transform_values { |value| ContractValuesTest.typed(value) }
    given.fetch("more_attributes", 0).times { |n| attributes["more #{n}"] = 0 }
    prepared = Gonfalon::Context.new(actor, groups: groups, attributes: attributes)
    [[actor, { groups: groups, attributes: attributes }], [prepared, {}]].each do |who, asking|
      [@flags.decide(given["flag"], who, **asking), *@flags.decide_all(who, keys: [given["flag"]], **asking)].each do |decision|
        assert_equal want, [decision.enabled?, decision.reason, decision.path]
        assert_equal given["want"]["error"].to_s, GonfalonResolution.of(decision).error if decision.reason == "NOT_READY"
      end
      assert_equal want[0], @flags.enabled?(given["flag"], who, **asking)
    end
    assert_equal 0, @flags.stats.broken
  end
end
