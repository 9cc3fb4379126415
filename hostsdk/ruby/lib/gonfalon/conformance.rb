# frozen_string_literal: true

require "json"
require "gonfalon"

module Gonfalon
  # Compares the engine's decisions with what the reference implementations answered.
  #
  #   gonfalon conformance --emit-cases cases.jsonl && ruby -rgonfalon/conformance -e 'exit Gonfalon::Conformance.main(ARGV)' cases.jsonl
  #
  # A file has one JSON object a line: {file, id, family, flag, snapshot, request, expect} with the bytes of FORMAT.md
  # and ABI.md in base64, or {file, id, family, flag, skipped} with the reason. A member that expect leaves out is not
  # compared, and a decision that needed no score has none to compare. The last line has the totals.
  module Conformance
    # What became of one case: result is :passed, :failed or :skipped; detail says what differs, or why it was
    # skipped.
    Outcome = Struct.new(:name, :result, :detail)

    # Decides by raw request bytes. An instance is kept as long as the snapshot stays the same.
    class Decider
      # Returns the decision, and its bytes for comparison with another host.
      def decide(snapshot, request, flag = "")
        unless snapshot == @snapshot
          @instance&.free
          @instance = nil
          @instance = Instance.load(snapshot)
          @snapshot = snapshot
        end
        packed, variant, *texts = @instance.decide(request)
        name, payload, target = texts.each_slice(2).map { |at, size| @instance.bytes(at, size) }
        served = Variant.new(*[name, payload].map { |text| text.dup.force_encoding(Encoding::UTF_8) }) unless variant.zero?
        written = [packed, name.bytesize, name, payload.bytesize, payload, target.bytesize, target].pack("VVa*Va*Va*")
        [Decision.new(flag, packed, variant: served, target: target.dup.force_encoding(Encoding::UTF_8)), written]
      end
    end

    module_function

    # Yields the outcome of each line's case. A line that is no case raises ArgumentError.
    def run(lines)
      decider = Decider.new
      lines.each_with_index { |line, i| yield outcome(line, i + 1, decider) unless line.strip.empty? }
    end

    def outcome(line, number, decider)
      given = JSON.parse(line)
      name = given.fetch_values("file", "family", "id", "flag").join(" ")
      return Outcome.new(name, :skipped, given["skipped"]) if given.key?("skipped")

      snapshot, request = given.fetch_values("snapshot", "request").map { |text| text.unpack1("m0") }
      differs = ask(decider, snapshot, request, given["flag"], given.fetch("expect"))
      Outcome.new(name, differs.empty? ? :passed : :failed, differs.join("; "))
    rescue JSON::ParserError, KeyError, ArgumentError => e
      raise ArgumentError, "line #{number} is not a case: #{e.message}"
    end

    def ask(decider, snapshot, request, flag, expect)
      decision, = decider.decide(snapshot, request, flag)
      differences(expect, decision)
    rescue SnapshotError, RequestError, Trap => e
      ["#{e.class}: #{e.message}"]
    end

    def differences(expect, decision)
      answer = { "enabled" => decision.enabled?, "variant" => decision.variant,
                 "score16" => decision.score && (decision.score * Packed::SCORES).to_i }
      unknown = decision.reason == "UNKNOWN_FLAG" && expect["enabled"] != false
      differs = unknown ? ["the snapshot has no flag #{decision.key.inspect}"] : []
      expect.each do |member, wanted|
        next differs << "there is no #{member} to compare" unless answer.key?(member)
        next if answer[member] == wanted || (member == "score16" && answer[member].nil?)

        differs << "#{member} is #{answer[member].inspect}, the reference answered #{wanted.inspect}"
      end
      differs
    end

    # Prints what failed and the totals. Returns the exit status.
    def main(files, out = $stdout)
      totals = Hash.new(0)
      files.each do |file|
        File.open(file, "r:UTF-8") do |lines|
          run(lines.each_line) do |found|
            totals[found.result] += 1
            out.puts "failed #{found.name}: #{found.detail}" if found.result == :failed
          end
        end
      end
      out.puts "ruby: #{totals[:passed]} passed, #{totals[:failed]} failed, #{totals[:skipped]} skipped"
      totals[:failed].zero? && totals[:passed].positive? ? 0 : 1
    rescue SystemCallError, ArgumentError => e
      warn e.message
      2
    end
  end
end
