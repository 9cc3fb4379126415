# frozen_string_literal: true

require_relative "helper"

# Reads hostsdk/explanations.json, whose words every language has.
class ExplanationTest < Minitest::Test
  CASES = JSON.parse(File.read(File.join(TREE, "hostsdk/explanations.json")))
  INFO = Gonfalon::SnapshotInfo.new("default", "", "", 1, 1, 0, 0)

  CASES.each_with_index do |given, i|
    define_method("test_#{i}_#{given["about"]}") do
      written = GonfalonMessagePack.unpack(given["explanation"].unpack1("m0"))
      found = Gonfalon::Explanation.read(written, Gonfalon::Decision.new("flag", written[0]), INFO)
      assert_equal given["steps"], found.steps.map { |step| [step.gate, step.target.to_s, step.outcome, step.detail] }
      assert_equal found.steps.size + 1, found.to_s.lines.size
    end
  end

  def test_there_are_cases
    assert_operator CASES.size, :>, 20
  end

  def test_floats_are_written_as_javascript_writes_them
    { 0.1 => "0.1", 1e21 => "1e+21", 1.5e300 => "1.5e+300", 1e-7 => "1e-7", 1e-6 => "0.000001", 123_456_789.25 => "123456789.25", -2.5 => "-2.5",
      1e20 => "100000000000000000000", 1.25e-5 => "0.0000125", 5e-324 => "5e-324" }
      .each { |value, text| assert_equal text, GonfalonWords.number(value) }
  end

  # The engine writes them (hostsdk/testdata/load-codes.json).
  def test_a_refused_snapshot_has_the_engines_words
    codes = JSON.parse(File.read(File.join(TREE, "hostsdk/testdata/load-codes.json")))
    assert_equal ["ok", *codes.map { |code| code["words"] }], Gonfalon::SnapshotError::CODES
    assert_equal "#{codes[0]["words"]} (code 1) at byte 7", Gonfalon::SnapshotError.new(1, 7).message
  end
end
