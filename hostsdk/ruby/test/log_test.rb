# frozen_string_literal: true

require_relative "helper"

# What may stand in a log, an error or a dump.
class LogTest < Minitest::Test
  SECRET = "gfn_sdk_3f9a7c55e1"

  def setup
    @log = StringIO.new
  end

  def test_a_key_that_is_none_is_logged_once_and_in_short
    flags = Gonfalon::TestFlags.new(logger: Logger.new(@log))
    100.times { flags.enabled?(nil) }
    3.times { flags.enabled?("x" * (1 << 20)) }
    flags.enabled?("line\nERROR forged\u202e")
    lines = @log.string.lines
    assert_equal 4, lines.size, @log.string[0, 2000] # the first is READY
    assert_operator lines.map(&:size).max, :<, 1200
    refute_includes @log.string, "\u202e"
  end

  def test_what_a_server_echoes_shows_no_token
    FakeServer.open(Frames.snapshot(1)) do |server|
      answers = [
        "HTTP/1.1 500 #{SECRET}\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 403 No\r\n\r\n#{JSON.generate(title: "Bearer #{SECRET}", detail: SECRET.upcase)}",
        "HTTP/1.1 200 OK\r\nContent-Encoding: #{"y" * 90}#{SECRET}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: #{SECRET}\r\n\r\n",
        "HTTP/1.1 302 Moved\r\nLocation: http://#{SECRET}/\r\n\r\n",
        "#{SECRET}\r\n\r\n"
      ]
      answers.product([{}, { poll_interval: 0.01 }]).each do |answer, options|
        server.answer = lambda do |request, socket|
          next false unless request.path.match?(/stream|snapshot/)

          socket.write(answer)
          socket.close
        end
        Gonfalon::Client.open(endpoint: server.url, token: SECRET, **QUICK, **options, logger: Logger.new(@log), ready_within: 0) do |flags|
          watcher = Watcher.new(flags)
          watcher.until_true { flags.stats.last_error }
          told = [flags.inspect, flags.stats.inspect, watcher.events.inspect, @log.string].join
          refute_match(/#{SECRET}/i, told, answer)
          assert_operator flags.stats.last_error.size, :<=, 1000
        end
      end
    end
  end

  def test_an_endpoint_that_is_none
    JSON.parse(File.read(File.join(TREE, "hostsdk/testdata/endpoints.json"))).each do |one|
      if one["words"].nil?
        assert_equal one["endpoint"], GonfalonEndpoint.check(one["endpoint"])
        next
      end
      error = assert_raises(ArgumentError, one["endpoint"]) { Gonfalon::Client.new(endpoint: one["endpoint"], token: "t") }
      assert_equal one["words"], error.message
    end
    ["me:hush@x", "ftp://me:hush@x/", "http://me:hu sh@x", "http://x/\xFFhush"].each do |endpoint|
      error = assert_raises(ArgumentError, endpoint) { Gonfalon::Client.new(endpoint: endpoint, token: "t") }
      refute_match(/hush|hu sh/, error.full_message)
    end
  end

  def test_an_environment_is_one_segment_of_the_path
    ["", ".", "..", :".."].each do |key|
      error = assert_raises(ArgumentError, key) { Gonfalon::Client.new(endpoint: "http://127.0.0.1:1", token: "t", environment: key) }
      assert_equal %(no environment has the key "#{key}"), error.message
    end
  end
end
