# frozen_string_literal: true

require_relative "helper"
require_relative "tools"

# A real control plane, with a change that arrives by stream.
class ServerTest < Minitest::Test
  ADMIN = "an-admin-token-for-tests"

  def test_a_change_arrives_from_a_real_server
    serve do |url, token|
      Gonfalon::Client.open(endpoint: url, token: token, logger: SILENT) do |flags|
        refute flags.enabled?(:from_ruby)
        assert flags.wait_for(enable(url, token, "from_ruby"), timeout: 10)
        assert flags.enabled?(:from_ruby), flags.stats.inspect
        assert_equal "READY", flags.state
        assert flags.flush
      end
      Gonfalon::Client.open(endpoint: url, token: token, poll_interval: 1, logger: SILENT) { |flags| assert flags.enabled?(:from_ruby) }
      Gonfalon::Client.open(endpoint: url, token: "#{token}x", logger: SILENT) { |flags| assert_equal "ERROR", flags.state }
    end
  end

  def test_the_example_runs
    serve do |url, token|
      enable(url, token, "new_checkout", for_group: "staff")
      env = { "GONFALON_ENDPOINT" => url, "GONFALON_TOKEN" => token }
      root = File.expand_path("..", __dir__)
      output, status = Open3.capture2e(env, RbConfig.ruby, "-Ilib", "examples/shop.rb", "/?user=user:3&group=staff", chdir: root)
      assert status.success?, output
      assert_equal "the new checkout\n", output.lines.last
    end
  end

  private

  # Yields the address and a token of a control plane that keeps everything in memory.
  def serve
    command = [Tools.gonfalon, "serve", "--in-memory", "--listen", "127.0.0.1:0", "--log-level", "error"]
    Open3.popen2({ "GONFALON_ADMIN_TOKEN" => ADMIN }, *command) do |input, output, process|
      input.close
      url = output.each_line.lazy.filter_map { |line| line[%r{(https?://[^/\s]+)/v1}, 1] }.first
      reading = Thread.new { output.read } # so that it never waits for a reader
      yield url, ADMIN
    ensure
      Process.kill("KILL", process.pid)
      reading&.join
    end
  end

  # Turns a flag on, and returns the revision of that.
  def enable(url, token, key, **body)
    uri = URI("#{url}/v1/envs/default/flags/#{key}/enable")
    answer = Net::HTTP.post(uri, JSON.generate(body), "Authorization" => "Bearer #{token}", "Content-Type" => "application/json")
    assert_kind_of Net::HTTPSuccess, answer, answer.body
    JSON.parse(answer.body).fetch("revision")
  end
end
