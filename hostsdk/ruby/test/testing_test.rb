# frozen_string_literal: true

require_relative "helper"
require "gonfalon/minitest"

class TestingTest < Minitest::Test
  include Gonfalon::Minitest

  def test_a_change_lasts_as_long_as_its_block
    gonfalon_flags.enable(:a)
    assert_equal [false], (gonfalon_flags.kill(:a) { [gonfalon_flags.enabled?(:a)] })
    assert gonfalon_flags.enabled?(:a)
    assert_raises(RuntimeError) { gonfalon_flags.disable(:a) { raise "no" } }
    assert gonfalon_flags.enabled?(:a)
  end

  def test_what_is_refused_changes_nothing
    assert_raises(Gonfalon::SnapshotError) { gonfalon_flags.enable("k" * 2000) } # no flag has this key
    gonfalon_flags.enable(:a)
    assert gonfalon_flags.enabled?(:a)
  end

  def test_scopes
    flags = gonfalon_flags
    flags.enable(:a, for_actor: "user:1")
    flags.disable(:a, for_group: "banned")
    flags.enable(:half, for_percentage_of_actors: 0.5)
    flags.enable(:sometimes, for_percentage_of_time: 0.5)
    flags.enable(:child)
    flags.enable(:child, requires: "half")
    assert_equal [true, false], [flags.enabled?(:a, "user:1"), flags.enabled?(:a, "user:2")]
    assert_equal %w[actor/user:1 group/banned], [flags.decide(:a, "user:1"), flags.decide(:a, "user:3", groups: "banned")].map(&:path)
    inside, outside = %w[user:1 user:2 user:3 user:4 user:5].partition { |actor| Gonfalon.score("half", actor) < 0.5 }
    assert inside.all? { |actor| flags.enabled?(:child, actor) }
    assert outside.none? { |actor| flags.enabled?(:child, actor) }
    assert_equal 2, (0..20).map { |roll| flags.enabled?(:sometimes, roll: roll) }.uniq.size
    assert_raises(ArgumentError) { flags.enable(:a, for_actor: "x", for_group: "y") }
    assert_raises(ArgumentError) { flags.enable(:a, for_percentage_of_time: 1) }
  end

  def test_variants_and_payloads
    flags = gonfalon_flags
    flags.serve(:hero, "blue", { "b" => 1, a: [1.5, 2**60] })
    assert_equal "blue", flags.variant(:hero, "u")
    assert_equal({ "a" => [1.5, 2.0**60], "b" => 1 }, flags.payload_object(:hero, "u", default: {}))
    assert_equal 5, flags.payload_int(:hero, "u", default: 5)
    assert_nil flags.variant(:hero)
    { true => :payload_bool, "x" => :payload_string, 5 => :payload_int, 0.5 => :payload_float }.each do |payload, getter|
      flags.serve(:p, "v", payload)
      assert_equal payload, flags.public_send(getter, :p, "u", default: nil)
      assert_equal payload, flags.payload(:p, "u")
    end
    assert_raises(ArgumentError) { flags.kill(:a, serving_variant: true) }
    flags.kill(:hero, serving_variant: true)
    assert_equal ["blue", true, false], [flags.variant(:hero, "u"), flags.decide(:hero).killed?, flags.enabled?(:hero)]
  end

  def test_what_no_test_sets_comes_from_the_base
    flags = Gonfalon::TestFlags.new(base: Frames.snapshot(1, based: true, other: true))
    flags.disable(:other)
    assert_equal [true, false, %w[based other]], [flags.enabled?(:based), flags.enabled?(:other), flags.keys]
    assert_equal [true, false], flags.decide_all.map(&:enabled?)
    flags.clear(:other)
    assert flags.explain(:other).decision.enabled?
  end

  def test_changes_are_events
    watcher = Watcher.new(gonfalon_flags)
    gonfalon_flags.set(a: true, hero: "blue", b: false)
    assert_equal [["a"], ["hero"], ["b"]], Array.new(3) { watcher.next_change.flags }
    gonfalon_flags.unload
    assert_equal ["NOT_READY", true], [gonfalon_flags.state, gonfalon_flags.enabled?(:a, default: true)]
    gonfalon_flags.clear
    assert_equal ["READY", false], [gonfalon_flags.state, gonfalon_flags.enabled?(:a)]
  end

  def test_compiled_bytes_load
    data = GonfalonCompiler.compile({ "a" => GonfalonTestFlag.new(on: true, actors: { "b" => true, "a" => false }, variant: ["v", "p"]) })
    assert_equal %w[a], Gonfalon::Client.new(bootstrap: data).keys # it loads, so that it is as the format wants it
  end
end
