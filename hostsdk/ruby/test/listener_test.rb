# frozen_string_literal: true

require_relative "helper"

# What a program's listeners can do to a client.
class ListenerTest < Minitest::Test
  ONE = Frames.snapshot(1, a: true)
  TWO = Frames.snapshot(2, a: false)

  def test_a_listener_that_blocks_keeps_nothing_from_going_on
    FakeServer.open(ONE) do |server|
      Gonfalon::Client.open(endpoint: server.url, token: "token", **QUICK, pace: Gonfalon::Pace.new(backoff: 0.01, farewell: 0.1)) do |flags|
        blocked = Queue.new
        flags.subscribe { |_| blocked.pop }
        flags.subscribe { |_| raise Exception, "oops" } # rubocop:disable Lint/RaiseException
        watcher = Watcher.new(flags)
        server.await_stream
        (2..5).each do |revision|
          server.publish(Frames.snapshot(revision, a: revision.odd?))
          assert flags.wait_for(revision, timeout: 10)
        end
        assert_equal [["a"]] * 4, Array.new(4) { watcher.next_change.flags }
        assert_equal "READY", flags.state
      end
    end
  end

  def test_a_listener_may_close_the_client_and_wait
    before = Thread.list # another test's may still be ending
    FakeServer.open(ONE) do |server|
      flags = Gonfalon::Client.new(endpoint: server.url, token: "token", **QUICK)
      done = Queue.new
      flags.subscribe do |_|
        flags.wait_for(2, timeout: 10) # the event may still be that the client is READY
        flags.close
        done << flags.enabled?(:a)
      end
      server.await_stream
      server.publish(TWO)
      assert_equal false, Timeout.timeout(20) { done.pop }
      left = (Thread.list - before).select { |thread| thread.name.to_s.match?(/gonfalon-(source|usage|clock)/) }
      assert_empty(left.to_h { |thread| [thread.name, thread.backtrace] })
    end
  end

  def test_what_a_listener_misses_is_bounded
    log = StringIO.new
    held = Queue.new
    listener = GonfalonListener.new(->(_) { held.pop }, GonfalonLog.new(Logger.new(log)))
    5000.times { |i| listener.tell(i) }
    assert_equal 1, log.string.scan("events late").size
    held.close
    listener.close(5)
  end
end
