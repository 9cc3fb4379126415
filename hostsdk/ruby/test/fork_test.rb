# frozen_string_literal: true

require_relative "helper"

class ForkTest < Minitest::Test
  ONE = Frames.snapshot(1, a: true)
  TWO = Frames.snapshot(2, a: false, b: true)

  def test_a_child_follows_the_source_by_itself
    FakeServer.open(ONE) do |server|
      Gonfalon::Client.open(endpoint: server.url, token: "token", **QUICK) do |flags|
        5.times { flags.enabled?(:a) }
        server.await_stream
        told = in_child do
          raise "it decides at once" unless flags.enabled?(:a)

          flags.wait_for(2, timeout: 10)
          flags.enabled?(:b)
          flags.close
          "#{flags.info.revision} #{flags.enabled?(:b)}"
        end
        server.await_stream
        server.publish(TWO)
        assert_equal "2 true", told.call
        usage = Timeout.timeout(10) { server.usage.pop }
        assert_equal({ "b" => 1 }, usage.slice("b").transform_values { |flag| flag["count"] })
        assert_operator usage.fetch("a", { "count" => 0 })["count"], :<=, 1 # the parent reports its own
        assert flags.wait_for(2, timeout: 10)
      end
    end
  end

  def test_a_daemon_follows_the_source_by_itself
    FakeServer.open(ONE) do |server|
      Gonfalon::Client.open(endpoint: server.url, token: "token", **QUICK) do |flags|
        reader, writer = IO.pipe
        told = in_child do
          Process.daemon(true, true)
          writer.close # now the child is another process
          flags.wait_for(2, timeout: 10)
          flags.enabled?(:b)
        end
        writer.close
        reader.read
        server.publish(TWO)
        assert_equal "true", told.call
      end
    end
  end

  def test_a_fork_in_the_middle_of_everything
    FakeServer.open(ONE) do |server|
      Gonfalon::Client.open(endpoint: server.url, token: "token", **QUICK) do |flags|
        busy = true
        threads = Array.new(4) { Thread.new { flags.decide_all("u") && flags.stats while busy } }
        revision = 1
        publisher = Thread.new { server.publish(Frames.snapshot(revision += 1, a: true), whole: true) && sleep(0.002) while busy }
        10.times { assert_equal "true", in_child { flags.enabled?(:a) && flags.decide_all("u").all?(&:enabled?) }.call }
        busy = false
        [publisher, *threads].each(&:join)
        assert flags.wait_for(revision, timeout: 10)
      end
    end
  end

  private

  # Runs the block in a child process. Returns a Proc that waits for what it returned.
  def in_child
    reader, writer = IO.pipe
    pid = fork do
      reader.close
      writer.write(yield.to_s)
    rescue StandardError => e
      writer.write(e.full_message)
    ensure
      writer.close
      exit!
    end
    writer.close
    lambda do
      Timeout.timeout(20) { reader.read.tap { Process.wait(pid) } }
    end
  end
end
