# frozen_string_literal: true

require_relative "helper"

class MsgpackTest < Minitest::Test
  SAMPLES = [
    nil, true, false, 0, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**63 - 1, -1, -32, -33, -128, -129, -32_768, -32_769, -2**31,
    -2**31 - 1, -2**63, 2**63, 10**15, 10**40, -10**300, 1.5, -0.25, 1e300, "", "a", "é" * 20, "x" * 31, "x" * 32, "x" * 255, "x" * 256,
    "x" * 65_536, "\x00\xff".b, ("\x01" * 300).b, [], [1, [2, ["x"]]], (0..20).to_a, {}, { "a" => 1, "b" => { "c" => nil } }
  ].freeze

  def test_what_is_written_is_read_again
    SAMPLES.each { |value| value.nil? ? assert_nil(again(value)) : assert_equal(value, again(value)) }
    assert_equal SAMPLES, again(SAMPLES)
  end

  def test_the_shortest_form_is_written
    { 127 => 1, 128 => 2, 256 => 3, 65_536 => 5, 2**32 => 9, -32 => 1, -33 => 2, "x" * 31 => 32, "x" * 32 => 34, 2**63 => 22, 10**15 * 10 => 9 }
      .each { |value, size| assert_equal size, GonfalonMessagePack.pack(value).bytesize, value.inspect }
    assert_equal 0xc7, GonfalonMessagePack.pack(2**63).getbyte(0)
  end

  def test_hostile_bytes_are_refused
    whole = GonfalonMessagePack.pack(SAMPLES)
    random = Random.new(7)
    3000.times do
      bytes = whole.byteslice(0, random.rand(whole.bytesize.clamp(0, 900))).dup
      3.times { bytes.setbyte(random.rand(bytes.bytesize), random.rand(256)) } unless bytes.empty?
      begin
        GonfalonMessagePack.unpack(bytes)
      rescue GonfalonMessagePackError
        next
      end
    end
    ["", "\xc1", "\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\x91" * 100, "\x01\x01", "\xd4\x05x", "\xc7\x02\x01x1"]
      .each { |bytes| assert_raises(GonfalonMessagePackError, bytes.inspect) { GonfalonMessagePack.unpack(bytes.b) } }
  end

  private

  def again(value)
    GonfalonMessagePack.unpack(GonfalonMessagePack.pack(value))
  end
end
