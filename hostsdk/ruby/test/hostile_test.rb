# frozen_string_literal: true

require_relative "helper"
require_relative "tools"

# Clients of servers that misbehave, as hostsdk/contract plays them.
class HostileTest < Minitest::Test
  CASES = JSON.parse(Open3.capture2(Tools.contract, "hostile")[0])
  SOURCES = { "stream" => {}, "poll" => { poll_interval: 0.05 } }.freeze

  CASES.each do |given|
    given["sources"].each do |source|
      define_method("test_#{given["name"]}_#{source}".tr("-", "_")) { meet(given, SOURCES.fetch(source)) }
    end
  end

  def test_there_are_cases
    assert_operator CASES.size, :>, 40
  end

  private

  def meet(given, options)
    Dir.mktmpdir do |folder|
      authority = File.join(folder, "CA.pem")
      Tools.serve("hostile", given["name"], authority) do |url|
        options = options.merge(tls: { ca_file: authority }) if trusted?(given)
        before = memory
        options = { endpoint: url, token: "token", ready_within: 0, **QUICK, **options }
        Gonfalon::Client.open(**options) { |flags| follow(flags, given, url) }
        assert_operator memory - before, :<, given["memory_mb"]
      end
    end
  end

  # The authority is trusted where the case says so.
  def trusted?(given)
    given["about"].include?("The client trusts")
  end

  def follow(flags, given, url)
    state = nil # looked at once: a client that polls where no stream can be had is STALE now and then
    await(given["within_seconds"]) { given["states"].include?(state = flags.state) && settled?(flags, given) }
    assert_includes given["states"], state, flags.stats.inspect
    assert_equal %w[READY STALE].include?(state), flags.enabled?("a")
    refute_nil flags.stats.last_error, given["name"] if flags.stats.lost.positive? && !given["states"].include?("READY")
    post(url, "check") unless url.start_with?("https")
    mend(flags, url) if given["mended_within_seconds"].positive?
  end

  # A client that starts NOT_READY has met the server once it has failed, or hangs for longer than that takes.
  def settled?(flags, given)
    @began ||= now
    !given["states"].include?("NOT_READY") || flags.stats.lost.positive? || flags.state == "ERROR" || now - @began > 2
  end

  def mend(flags, url)
    post(url, "mend")
    return unless patient?(flags)

    await(15) { flags.state == "READY" }
    assert flags.enabled?("a"), flags.stats.inspect
  end

  # A server that asked to be left alone for minutes is left alone.
  def patient?(flags)
    !flags.stats.last_error.to_s.start_with?("429")
  end

  def post(url, verb)
    answer = Net::HTTP.post(URI("#{url}/hostile/#{verb}"), "", "Content-Type" => "text/plain")
    assert_includes %w[200 204], answer.code, answer.body
  end

  def await(seconds)
    ends = now + seconds
    sleep 0.01 until yield || now > ends
  end

  def memory
    GC.start
    File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i / 1024
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
