# frozen_string_literal: true

require "bigdecimal"
require_relative "helper"

# Runs hostsdk/testdata/values.json, as every SDK does.
class ContractValuesTest < Minitest::Test
  CONTRACT = JSON.parse(File.read(File.join(TREE, "hostsdk/testdata/values.json")))
  MISSING = %w[bytes uuid marshals pointer nil_pointer].freeze # types that Ruby doesn't have

  Prints = Struct.new(:text) do
    def to_s = text
  end

  Identified = Struct.new(:found) do
    def actor_id = found == :raises ? raise("it has none") : found
  end

  Member = Struct.new(:actor_id, :groups) do
    def in_group?(name) = groups.nil? ? raise("who knows") : groups.include?(name)
  end

  def self.typed(value, actor = nil)
    kind, content = value.first
    case kind
    when "string", "bool" then content
    when "null" then nil
    when "surrogate" then "\xff"
    when "int", "bigint" then content.to_i
    when "float" then { "NaN" => Float::NAN, "Infinity" => Float::INFINITY, "-Infinity" => -Float::INFINITY }[content] || content.to_f
    when "decimal" then BigDecimal(content)
    when "list" then content.map { |item| typed(item) }
    when "repeated" then Array.new(content[1], typed(content[0]))
    when "map" then content.transform_values { |item| typed(item) }
    when "time" then Time.iso8601(content)
    when "prints" then Prints.new(content)
    when "id" then Identified.new(typed(content))
    when "raises" then :raises
    when "member" then Member.new(actor, content)
    else raise "a type of an unknown kind: #{kind}"
    end
  end

  # Reports whether a case has a type that Ruby doesn't have.
  def self.foreign?(value)
    case value
    when Hash then value.any? { |kind, content| MISSING.include?(kind) || foreign?(content) }
    when Array then value.any? { |item| foreign?(item) }
    end
  end

  mine = CONTRACT["cases"].select { |c| c.fetch("hosts", ["sdk"]).include?("sdk") }
  mine.reject { |c| foreign?(c.slice("actor", "groups", "attributes")) }.each_with_index do |given, i|
    define_method("test_#{i}_#{given["about"]}") { check(given) }
  end

  def test_nearly_all_cases_are_run
    assert_operator ContractValuesTest.public_instance_methods(false).grep(/\Atest_/).size, :>, 80
  end

  private

  def check(given)
    want = given["want"]
    actor = given["actor"] && ContractValuesTest.typed(given["actor"])
    groups = given["groups"] && ContractValuesTest.typed(given["groups"], actor)
    asking = { attributes: given.fetch("attributes", {}).transform_values { |value| ContractValuesTest.typed(value) } }
    asking[:roll] = given["roll"].to_i if given["roll"]
    Member === groups ? actor = groups : asking[:groups] = groups # a member knows the actor's id, too
    flags = client(given)
    decision = flags.decide(given["flag"], actor, **asking)
    assert_equal want.values_at("enabled", "reason", "gate"), [decision.enabled?, decision.reason, decision.path]
    assert_equal want["error"].to_s, GonfalonResolution.of(decision).error if want["reason"] == "NOT_READY"
    value = ask(flags, given, actor, asking)
    wanted = want.fetch("value", want["enabled"])
    wanted.nil? ? assert_nil(value) : assert_equal(wanted, value)
  ensure
    flags&.close
  end

  def ask(flags, given, actor, asking)
    default = given["default"]
    as = given["as"]
    return flags.enabled?(given["flag"], actor, default: default || false, **asking) if as.nil?

    flags.public_send("payload_#{{ "boolean" => "bool", "integer" => "int" }.fetch(as, as)}", given["flag"], actor, default: default, **asking)
  end

  def client(given)
    return Gonfalon::Client.new(file: "/nonexistent/flags.snapshot", ready_within: 0, logger: SILENT) if given["loaded"] == false

    Gonfalon::Client.new(bootstrap: CONTRACT["snapshot"].unpack1("m0"), logger: SILENT)
  end
end
