# frozen_string_literal: true

require_relative "helper"
require_relative "tools"
require "gonfalon/conformance"
require "gonfalon/differential"

class ConformanceTest < Minitest::Test
  def test_the_answers_are_those_of_the_reference_implementations
    Dir.mktmpdir do |folder|
      cases = File.join(folder, "cases.jsonl")
      assert system(Tools.gonfalon, "conformance", "--emit-cases", cases, out: IO::NULL)
      output, status = Open3.capture2e(File.expand_path("../conformance.sh", __dir__), cases)
      assert status.success?, output
      assert_match(/^ruby: (\d{4,}) passed, 0 failed, 16 skipped\n\z/, output)
      assert_equal File.foreach(cases).count, output.lines.last.scan(/\d+/).sum(&:to_i)
    end
  end

  def test_a_wrong_answer_fails
    Dir.mktmpdir do |folder|
      path = File.join(folder, "cases.jsonl")
      request = [GonfalonMessagePack.pack(["a"])].pack("m0")
      given = { file: "f", id: 1, family: "x", flag: "a", snapshot: [Frames.snapshot(1, a: true)].pack("m0"), request: request }
      File.write(path, JSON.generate(given.merge(expect: { enabled: false, variant: "x", other: 1 })))
      out = StringIO.new
      assert_equal 1, Gonfalon::Conformance.main([path], out)
      assert_includes out.string, 'enabled is true, the reference answered false; variant is nil, the reference answered "x"; there is no other'
      File.write(path, "nonsense")
      assert_equal 2, capture_io { assert_equal 2, Gonfalon::Conformance.main([path], out) } && 2
    end
  end

  def test_pairs_are_decided_byte_for_byte
    snapshot = Frames.snapshot(1, a: true, hero: "blue")
    requests = [["a"], ["hero", "u", [], 0, 0, {}], ["none"], "x"].map { |value| GonfalonMessagePack.pack(value) }
    pairs = requests.each_with_index.map { |request, i| blob(i.zero? ? snapshot : "") + blob(request) }.join
    out = StringIO.new("".b)
    assert_equal [4, 1], Gonfalon::Differential.run(StringIO.new(pairs), out)
    assert_includes out.string, "#{blob("blue")}#{"\0" * 8}"
    assert out.string.end_with?(("\xFF" * 4).b + ("\0" * 12))
    assert_raises(ArgumentError) { Gonfalon::Differential.run(StringIO.new(pairs[0..-2]), out) }
  end

  private

  def blob(bytes)
    [bytes.bytesize, bytes].pack("Va*")
  end
end
