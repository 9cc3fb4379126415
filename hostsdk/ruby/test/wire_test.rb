# frozen_string_literal: true

require_relative "helper"
require "zlib"

# What a client makes of a server's redirects, limits and wishes. Servers that misbehave are in hostile_test.rb.
class WireTest < Minitest::Test
  ONE = Frames.snapshot(1, a: true)

  def open_client(server, **options, &block)
    Gonfalon::Client.open(endpoint: "#{server.url}/old/", token: "token", **QUICK, **options, &block)
  end

  # Sends everything below /old to another address.
  def moved(server, target)
    server.answer = lambda do |request, socket|
      next false unless request.path.start_with?("/old")

      socket.write("HTTP/1.1 307 Moved\r\nLocation: #{target}#{request.path.delete_prefix("/old")}\r\nContent-Length: 0\r\n\r\n")
    end
  end

  def test_a_redirect_within_the_origin_is_followed
    [{}, { poll_interval: 0.01 }].each do |options|
      FakeServer.open(ONE) do |server|
        moved(server, "")
        open_client(server, **options) do |flags|
          assert_equal ["READY", true, true], [flags.state, flags.enabled?(:a), flags.flush]
          assert_equal 1, server.usage.pop["a"]["count"]
        end
      end
    end
  end

  def test_a_redirect_to_another_origin_is_not_followed
    FakeServer.open(ONE) do |other|
      FakeServer.open(ONE) do |server|
        moved(server, other.url)
        open_client(server, ready_within: 0) do |flags|
          Watcher.new(flags).until_true { flags.stats.last_error.to_s.include?("another origin") }
          refute flags.flush
        end
      end
      assert_empty other.requests
    end
  end

  def test_what_packs_well_is_unpacked_no_further_than_a_snapshot_goes
    packed = Zlib.gzip("\0" * (40 << 20))
    FakeServer.open(ONE) do |server|
      server.answer = lambda do |request, socket|
        next false unless request.path.include?("/snapshot")

        socket.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: #{packed.bytesize}\r\n\r\n", packed)
      end
      Gonfalon::Client.open(endpoint: server.url, token: "token", poll_interval: 0.01, **QUICK) do |flags|
        Watcher.new(flags).until_true { flags.stats.last_error.to_s.include?("more than 33554432 bytes") }
      end
    end
  end

  CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
  NONSENSE = {
    "a chunk of a negative size" => "#{CHUNKED}-5\r\nhello\r\n", "a chunk of an endless size" => "#{CHUNKED}FFFFFFFFFFFFFFFF\r\nhello",
    "a chunk of no size" => "#{CHUNKED}zz\r\nhello", "two lengths" => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    "a negative length" => "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", "a flood of hints" => "HTTP/1.1 103 Early Hints\r\n\r\n" * 50_000,
    "a switch of protocols" => "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nhello", "a header of megabytes" => "HTTP/1.1 200 OK\r\nETag: #{"x" * (4 << 20)}\r\n\r\n",
    "a bare return in a header" => "HTTP/1.1 200 OK\r\nETag: a\rX: b\r\n\r\nhello",
    "gzip with more after it" => "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n#{Zlib.gzip("hello")}more",
    "an unpacked gzip" => "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhello"
  }.freeze

  def test_nonsense_of_http_is_a_failure_and_no_more
    FakeServer.open(ONE) do |server|
      NONSENSE.to_a.product([{}, { poll_interval: 0.01 }]).each do |(what, answer), options|
        server.answer = lambda do |request, socket|
          next false unless request.path.match?(/stream|snapshot/)

          socket.write(answer)
          socket.close
        rescue SystemCallError
          true
        end
        Gonfalon::Client.open(endpoint: server.url, token: "token", ready_within: 0, **QUICK, **options) do |flags|
          Watcher.new(flags).until_true { flags.stats.last_error }
          assert_includes %w[NOT_READY ERROR], flags.state, what
          assert flags.enabled?(:a, default: true)
        end
      end
    end
  end

  def test_a_server_that_reads_slowly_does_not_stretch_a_request_beyond_its_end
    _, full = UNIXSocket.pair
    nil until full.write_nonblock("x" * 65_536, exception: false) == :wait_writable
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    assert_nil GonfalonMeter.new(full, began + 0.05).wait_writable(5)
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - began, :<, 2
  end

  def test_the_pause_grows_and_the_server_can_only_make_it_longer
    backoff = GonfalonBackoff.new(Gonfalon::Pace.new, Class.new { def self.rand = 0.5 })
    lost = IOError.new
    assert_equal [0.5, 1, 2, 4, 8, 16, 30, 30], Array.new(8) { backoff.delay(lost) }
    assert_equal 63, backoff.delay(lost, 60)
    backoff.reset
    assert_equal 0.5, backoff.delay(lost, 0.1)
    assert_equal 30, backoff.delay(GonfalonWireError.new("401", status: 401))
    assert_equal 126, backoff.delay(GonfalonWireError.new("429", status: 429, retry_after: 120))
  end

  def test_a_server_says_when_it_wants_its_hosts_back
    FakeServer.open(ONE) do |server|
      Gonfalon::Client.open(endpoint: server.url, token: "token", **QUICK) do
        server.await_stream
        server.send_event("retry: 300\n\n#{FakeServer::HEARTBEAT}")
        began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        server.cut
        server.await_stream
        assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - began, :>=, 0.3
      end
    end
  end
end
