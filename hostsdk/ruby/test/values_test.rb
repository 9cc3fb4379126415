# frozen_string_literal: true

require_relative "helper"
require "bigdecimal"
require "date"

class ValuesTest < Minitest::Test
  BIG = 123_456_789_012_345_678_901_234_567_890

  WIRE = {
    nil => nil, true => true, 5 => 5, 5.0 => 5, -0.0 => 0, 5.5 => 5.5, 2.0**53 => 2**53, 2.0**54 => 2.0**54, 1e300 => 1e300,
    Float::INFINITY => nil, (2**64) => 2**64, "é" => "é", "a\xff" => "a\u{fffd}", "\xE2\x82" => "\u{fffd}\u{fffd}", :pro => "pro",
    "caf\xC3\xA9".b => "café", "\xE9".dup.force_encoding("ISO-8859-1") => "é", "é".encode("UTF-16LE") => "é",
    Rational(1, 2) => 0.5, Rational(4, 2) => 2, BigDecimal("5.0") => 5, BigDecimal("5.5") => 5.5, BigDecimal("NaN") => nil,
    BigDecimal("1e999999") => nil, BigDecimal(BIG.to_s) => BIG, Complex(1, 2) => nil,
    Time.utc(2026, 11, 22, 10) => "2026-11-22T10:00:00Z", Time.new(2026, 11, 22, 10, 0, 0.5r, "+02:00") => "2026-11-22T08:00:00.5Z",
    Date.new(2026, 11, 22) => "2026-11-22", DateTime.new(2026, 11, 22, 10, 0, 0, "+01:00") => "2026-11-22T09:00:00Z",
    [1.0, [2.0, :x]] => [1, [2, "x"]], { b: 1.0, "a" => { d: 1, c: 2 } } => { "a" => { "c" => 2, "d" => 1 }, "b" => 1 },
    { 1 => "no text" } => nil, Object => nil
  }.freeze

  WIRE.each_with_index do |(given, wire), i|
    define_method("test_#{i}_#{given.inspect[0, 40]}") do
      mapped = attributes("n" => given)["n"]
      wire.nil? ? assert_nil(mapped) : assert_equal([wire, wire.class, wire.to_s], [mapped, mapped.class, mapped.to_s])
    end
  end

  def test_nan_is_nil
    assert_nil attributes("n" => Float::NAN)["n"]
  end

  def test_an_integer_too_long_to_write_is_nil
    assert_equal 10**5000, attributes("n" => 10**5000)["n"]
    assert_nil attributes("n" => 10**50_000)["n"]
  end

  def test_what_is_nested_too_deep_is_nil
    assert_equal nested(16), attributes("n" => nested(16))["n"]
    refute_equal nested(17), attributes("n" => nested(17))["n"]
    endless = []
    endless << endless
    assert_kind_of Array, attributes("n" => endless)["n"]
  end

  def test_the_later_of_two_attributes_with_one_name_counts
    assert_equal({ "plan" => 2 }, attributes("plan" => 1, plan: 2))
  end

  def test_attributes_are_read_whatever_they_are
    bad = Class.new(Hash) { def each_key = raise("no") }.new
    context = Gonfalon::Context.new("a", attributes: { "a" => 1, 5 => "x", b: bad, c: BasicObject.new })
    assert_equal({ "a" => 1, "b" => nil, "c" => nil }, context.attributes)
    assert_equal 2, context.unreadable.size
    assert_equal({}, Gonfalon::Context.new("a", attributes: [["a", 1]]).attributes)
  end

  private

  def attributes(given)
    Gonfalon::Context.new("user:1", attributes: given).attributes
  end

  def nested(depth)
    depth.times.inject("leaf") { |value, _| [value] }
  end
end
