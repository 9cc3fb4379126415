# frozen_string_literal: true

require_relative "helper"
require "delegate"

class ContextTest < Minitest::Test
  User = Struct.new(:actor_id, :groups) do
    def in_group?(name) = groups.include?(name)
  end

  Abstract = Class.new do
    def actor_id = raise(NotImplementedError)
  end

  def setup
    @flags = Gonfalon::TestFlags.new(logger: SILENT)
    @flags.enable(:staff_only, for_group: "staff")
    @flags.enable(:one, for_actor: "42")
  end

  def test_an_actor_is_what_knows_its_id
    assert @flags.enabled?(:one, User.new(42, []))
    assert @flags.enabled?(:one, SimpleDelegator.new(User.new("42", [])))
    assert @flags.enabled?(:one, :"42")
    assert @flags.enabled?("one", 42.0)
    refute @flags.enabled?("one", Object.new)
    assert_equal 1, @flags.stats.unreadable
  end

  def test_an_actor_that_raises_whatever_it_raises_is_nobody
    deep = User.new(nil, [])
    deep.actor_id = deep
    [Abstract.new, BasicObject.new, deep, User.new(Abstract.new, [])].each { |actor| refute @flags.enabled?(:one, actor) }
    assert_equal 4, @flags.stats.unreadable
    assert_equal 0, @flags.stats.broken
  end

  def test_groups_are_names_or_something_that_is_asked
    [["staff"], "staff", :staff, ["staff"].each, ["staff"].lazy, Set["staff"], ->(name) { name == "staff" }, User.new(1, ["staff"])]
      .each { |groups| assert @flags.enabled?(:staff_only, "u", groups: groups), groups.inspect }
    assert @flags.enabled?(:staff_only, User.new(1, ["staff"]))
    assert @flags.enabled?(:staff_only, nil, groups: ["staff"])
    [nil, [], {}, 5, [5], Object.new, BasicObject.new].each { |groups| refute @flags.enabled?(:staff_only, "u", groups: groups) }
  end

  def test_groups_that_cannot_be_known_are_an_error_where_they_matter
    fails = ->(_) { raise NotImplementedError }
    endless = Enumerator.new { |groups| loop { groups << "g" } }
    [fails, endless, endless.lazy].each do |groups|
      decision = @flags.decide(:staff_only, "42", groups: groups)
      assert_equal "NOT_READY", decision.reason
      assert_kind_of Gonfalon::ContextError, decision.error
      assert @flags.enabled?(:staff_only, "42", groups: groups, default: true)
      assert @flags.enabled?(:one, "42", groups: groups)
    end
  end

  def test_more_groups_and_attributes_than_a_request_can_have
    many = (1..5000).map { |i| "g#{i}" }
    assert @flags.enabled?(:staff_only, "u", groups: [*many, "staff"])
    assert_equal [true, true], @flags.decide_all("42", keys: %w[one staff_only], groups: [*many, "staff"]).map(&:enabled?)
    lots = (1..1000).to_h { |i| ["a#{i}", i] }
    assert @flags.enabled?(:staff_only, "u", groups: ["staff"], attributes: lots)
    assert @flags.explain(:staff_only, "u", groups: [*many, "staff"], attributes: lots).decision.enabled?
  end

  def test_a_prepared_context
    context = Gonfalon::Context.new("42", groups: ["staff"], attributes: { plan: "pro" })
    assert @flags.enabled?(:one, context)
    assert @flags.enabled?(:staff_only, context)
    assert @flags.enabled?(:staff_only, context, groups: [], attributes: {})
    assert_equal "NOT_READY", @flags.decide(:staff_only, context, groups: ["x"]).reason
    actor = +"42"
    plan = +"pro"
    context = Gonfalon::Context.new(actor, attributes: { plan: plan })
    [actor, plan].each { |text| text << "x" }
    assert_equal ["42", { "plan" => "pro" }], [context.actor, context.attributes]
    assert_equal 28_946 / 65_536.0, Gonfalon.score("hero", "user:3") # of wasm/ABI.md
    assert_nil Gonfalon.score("one", nil)
  end

  def test_a_key_that_is_none
    [nil, 5, BasicObject.new, ["one"]].each do |key|
      assert @flags.enabled?(key, "42", default: true)
      assert_equal "NOT_READY", @flags.decide(key, "42").reason
      assert_empty @flags.explain(key, "42").steps
      assert_equal ["NOT_READY"], @flags.decide_all("42", keys: [key]).map(&:reason)
    end
  end

  def test_all_questions_survive_whatever_is_handed_in
    odd = [nil, true, 1.5, Float::NAN, 10**50_000, "\xff", "é".encode("UTF-16"), [], {}, Object.new, BasicObject.new, Abstract.new, Class, binding]
    odd.product(odd).each do |one, two|
      assert_includes [true, false], @flags.enabled?(:staff_only, one, groups: two, attributes: { a: two, "b" => one })
      @flags.decide(one, two, groups: one, attributes: two)
      @flags.explain(:one, one, groups: two, attributes: one)
      @flags.decide_all(one, keys: [two, :one], groups: two)
      @flags.variant(:one, one, now: 1, roll: 2)
    end
  end
end
