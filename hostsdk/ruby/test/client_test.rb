# frozen_string_literal: true

require_relative "helper"
require "tmpdir"

class ClientTest < Minitest::Test
  ONE = Frames.snapshot(1, a: true, hero: "blue")
  TWO = Frames.snapshot(2, a: false, b: true)

  def open_client(server, **options, &block)
    Gonfalon::Client.open(endpoint: server.url, token: "token", **QUICK, **options, &block)
  end

  # Writes a file whole, so that nobody reads it while it is empty.
  def replace(path, data)
    File.binwrite("#{path}.new", data)
    File.rename("#{path}.new", path)
  end

  def test_options_that_make_no_sense
    [{}, { endpoint: "http://x" }, { endpoint: "ftp://x", token: "t" }, { endpoint: "no url", token: "t" }, { endpoint: "http://x", token: "a\nb" },
     { endpoint: "http://x", token: "t", file: "f" }, { file: "f", poll_interval: 0 }, { endpoint: "http://x", token: "t", tls: { verify_mode: 0 } }]
      .each { |options| assert_raises(ArgumentError, options.inspect) { Gonfalon::Client.new(**options) } }
    assert_raises(Gonfalon::SnapshotError) { Gonfalon::Client.new(bootstrap: "nonsense") }
  end

  def test_times_may_be_as_long_as_can_be
    FakeServer.open(ONE) do |server|
      %i[poll_interval ready_within ttl grace pace].product([Float::INFINITY, 1e300, 10**400]) do |option, time|
        given = option == :pace ? Gonfalon::Pace.new(usage: time, farewell: 2) : time
        log = StringIO.new
        open_client(server, **{ poll_interval: 60, logger: Logger.new(log), option => given }) do |flags|
          assert flags.wait_ready(timeout: time), "#{option} of #{time}"
          sleep 0.02
          assert_equal ["READY", 0, true], [flags.state, flags.stats.lost, flags.enabled?(:a)]
        end
        refute_match(/failed/, log.string)
      end
    end
  end

  def test_times_that_are_none
    [Float::NAN, 0, -1, "soon", 1i].each do |time|
      assert_raises(ArgumentError, time.inspect) { Gonfalon::Client.new(endpoint: "http://x", token: "t", poll_interval: time) }
      assert_raises(ArgumentError, time.inspect) { Gonfalon::Pace.new(usage: time) }
    end
    %i[ready_within ttl grace].product([Float::NAN, "soon", [], 1i]) do |option, time|
      assert_raises(ArgumentError, "#{option} #{time}") { Gonfalon::Client.new(endpoint: "http://x", token: "t", option => time) }
    end
  end

  def test_a_change_arrives_by_stream
    FakeServer.open(ONE) do |server|
      open_client(server) do |flags|
        watcher = Watcher.new(flags)
        assert_equal ["READY", true, "blue", 1], [flags.state, flags.enabled?(:a), flags.variant(:hero, "u"), flags.info.revision]
        server.await_stream
        server.publish(TWO)
        assert flags.wait_for(2, timeout: 10)
        assert_equal %w[a b hero], watcher.next_change.flags
        assert flags.enabled?(:b)
        assert_equal %w[a b], flags.keys
        assert_equal TWO, flags.snapshot
      end
    end
  end

  def test_polling_asks_only_for_what_is_new
    FakeServer.open(ONE) do |server|
      open_client(server, poll_interval: 0.01) do |flags|
        3.times { server.next_request("/snapshot") }
        assert_equal 1, flags.stats.taken
        server.snapshot = TWO
        assert flags.wait_for(2, timeout: 10)
        request = server.next_request("/snapshot")
        assert_equal "gzip", request.headers["accept-encoding"]
        assert_match(/\A"\h{64}"\z/, server.next_request("/snapshot").headers["if-none-match"])
      end
    end
  end

  def test_a_server_that_is_down_keeps_no_program_from_starting
    held = Socket.new(:INET, :STREAM) # nobody listens there, and nobody else is given the port meanwhile
    held.bind(Addrinfo.tcp("127.0.0.1", 0))
    port = held.local_address.ip_port
    Gonfalon::Client.open(endpoint: "http://127.0.0.1:#{port}", token: "token", ready_within: 0.05, **QUICK) do |flags|
      assert_equal [true, false, nil, "NOT_READY"], [flags.enabled?(:a, default: true), flags.enabled?(:a), flags.variant(:a), flags.state]
      refute flags.wait_ready(timeout: 0.05)
      watcher = Watcher.new(flags)
      watcher.until_true { flags.stats.lost.positive? }
      held.close
      FakeServer.new(ONE, port: port).tap do |server|
        assert flags.wait_ready(timeout: 10)
      ensure
        server.close
      end
    end
  end

  def test_a_refused_token_is_an_error_until_it_is_known
    FakeServer.open(ONE) do |server|
      server.status = 401
      open_client(server) do |flags|
        assert_equal ["ERROR", "401 No"], [flags.state, flags.stats.last_error]
        server.status = 200
        assert flags.wait_ready(timeout: 10)
        assert_nil flags.stats.last_error
      end
    end
  end

  def test_a_lost_source_is_stale_after_the_grace
    server = FakeServer.new(ONE)
    open_client(server) do |flags|
      watcher = Watcher.new(flags)
      server.close
      watcher.until_true { watcher.events.any? { |event| Gonfalon::StateChanged === event && event.state == "STALE" } }
      assert flags.enabled?(:a)
      assert_operator flags.stats.age, :>=, 0
    end
  end

  def test_the_time_to_live_makes_it_stale
    FakeServer.open(ONE) do |server|
      open_client(server, ttl: 0.05, grace: 60) do |flags|
        watcher = Watcher.new(flags)
        watcher.until_true { flags.state == "STALE" } # which may have been told before anybody listened
        server.send_event(FakeServer::HEARTBEAT)
        watcher.until_true { watcher.events.map(&:state).each_cons(2).include?(%w[READY STALE]) }
      end
    end
  end

  def test_the_last_good_snapshot_survives
    Dir.mktmpdir do |folder|
      path = File.join(folder, "deep/flags")
      FakeServer.open(TWO) { |server| open_client(server, last_good: path) { |flags| flags.wait_ready } }
      assert_equal TWO, File.binread(path)
      assert_equal ["flags"], Dir.children(File.dirname(path))
      assert_equal 2, Gonfalon::Client.new(last_good: path, bootstrap: ONE).info.revision
      newer = Frames.snapshot(3, a: true)
      assert_equal 3, Gonfalon::Client.new(last_good: path, bootstrap: newer).info.revision
      assert_equal 2, Gonfalon::Client.new(last_good: path, bootstrap: Frames.snapshot(9, lineage: "\1" * 16)).info.revision
      File.binwrite(path, TWO[0..-2])
      assert_equal 1, Gonfalon::Client.new(last_good: path, bootstrap: ONE, logger: SILENT).info.revision
      File.binwrite(path, Frames.snapshot(4, environment: "other"))
      assert_equal 1, Gonfalon::Client.new(last_good: path, environment: "default", bootstrap: ONE, logger: SILENT).info.revision
    end
  end

  def test_a_file_is_followed
    Dir.mktmpdir do |folder|
      path = File.join(folder, "flags")
      Gonfalon::Client.open(file: path, **QUICK) do |flags|
        assert_equal "NOT_READY", flags.state
        replace(path, ONE)
        assert flags.wait_for(1, timeout: 10)
        replace(path, "nonsense")
        Watcher.new(flags).until_true { flags.stats.refused == 1 && flags.state == "STALE" }
        refute flags.wait_ready(timeout: 2), "what was wrong with the file stays wrong"
        assert_match(/not a gonfalon snapshot/, flags.stats.last_error)
        replace(path, TWO)
        assert flags.wait_for(2, timeout: 10)
        assert flags.wait_ready(timeout: 10)
      end
      Gonfalon::Client.open(file: folder, **QUICK) { |flags| assert_match(/not a regular file/, flags.stats.last_error) }
    end
  end

  def test_usage_is_reported
    FakeServer.open(ONE) do |server|
      open_client(server) do |flags|
        3.times { flags.enabled?(:a) }
        flags.decide("hero", "u")
        flags.decide_all("u")
        flags.enabled?(:unknown)
        flags.explain(:a)
        assert flags.flush
        usage = server.usage.pop
        assert_equal [["a", 4, 4], ["hero", 2, 0]], usage.map { |key, flag| [key, flag["count"], flag["on"]] }
        assert_match(/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\z/, usage["a"]["last"])
        host = server.hosts.pop
        assert_equal ["ruby", Gonfalon::VERSION, 1, LINEAGE.unpack1("H*"), "stream"], host.values_at("sdk", "version", "revision", "lineage", "via")
        assert_match(/\A\h{16}\z/, host["id"])
        flags.enabled?(:a)
      end
      assert_equal 1, server.usage.pop["a"]["count"] # on close
    end
  end

  def test_usage_that_cannot_be_delivered_is_kept
    FakeServer.open(ONE) do |server|
      open_client(server) do |flags|
        flags.enabled?(:a)
        server.usage_status = 503
        refute flags.flush
        flags.enabled?(:a)
        server.usage_status = 204
        assert flags.flush
        assert_equal 2, server.usage.pop["a"]["count"]
      end
    end
  end

  def test_whatever_a_report_is_answered_it_is_sent_again
    FakeServer.open(ONE) do |server|
      reports = Queue.new
      server.answer = lambda do |request, socket|
        next false unless request.path.end_with?("/usage")

        reports << true
        socket.write("HTTP/1.1 307 Elsewhere\r\nLocation: mailto:@@nobody\r\nContent-Length: 0\r\n\r\n")
      end
      pace = Gonfalon::Pace.new(usage: 0.05, farewell: 0.1)
      Gonfalon::Client.open(endpoint: server.url, token: "token", pace: pace) do |flags|
        flags.enabled?(:a)
        refute flags.flush
        Timeout.timeout(10) { 4.times { reports.pop } }
      end
    end
  end

  def test_an_older_server_gets_the_counts_alone
    FakeServer.open(ONE) do |server|
      server.older = true
      open_client(server) do |flags|
        flags.enabled?(:a)
        assert flags.flush
        assert_equal %w[count last], server.usage.pop["a"].keys
      end
      assert_empty server.hosts
    end
  end

  def test_a_host_tells_soon_which_revision_serves
    FakeServer.open(ONE) do |server|
      open_client(server) do |flags|
        assert_equal 1, Timeout.timeout(10) { server.hosts.pop }["revision"]
      end
      assert Timeout.timeout(10) { server.hosts.pop }["gone"]
    end
  end

  # Yields a server that doesn't answer the first report, and a Queue of what hosts told.
  def holding
    FakeServer.open(ONE) do |server|
      told = Queue.new
      hold = Queue.new
      server.answer = lambda do |request, _|
        next false unless request.path.end_with?("/usage")

        told << (host = JSON.parse(request.body)["host"])
        hold.pop unless host["gone"]
      end
      yield server, told
      hold.close
    end
  end

  def test_a_host_that_is_closed_while_its_first_report_is_under_way_says_that_it_ends
    holding do |server, told|
      pace = Gonfalon::Pace.new(usage: 0.01, farewell: 5)
      first = nil
      Gonfalon::Client.open(endpoint: server.url, token: "token", pace: pace) { first = Timeout.timeout(10) { told.pop } }
      assert_equal [true, first["id"]], told.pop(true).values_at("gone", "id")
    end
  end

  def test_a_host_that_ends_does_not_wait_for_a_report_of_another_thread
    holding do |server, told|
      thread = nil
      open_client(server) do |flags|
        thread = Thread.new { flags.flush }
        Timeout.timeout(10) { told.pop }
      end
      Timeout.timeout(10) { nil until told.pop["gone"] }
      thread.kill
    end
  end

  def test_a_host_none_of_whose_reports_arrived_says_nothing_at_the_end
    [401, 500].each do |status|
      FakeServer.open(ONE) do |server|
        server.usage_status = status
        open_client(server) do |flags|
          refute flags.flush
          server.usage_status = 204
        end
        assert_empty server.hosts
      end
    end
    held = Socket.new(:INET, :STREAM) # nobody listens there
    held.bind(Addrinfo.tcp("127.0.0.1", 0))
    port = held.local_address.ip_port
    flags = Gonfalon::Client.new(endpoint: "http://127.0.0.1:#{port}", token: "token", bootstrap: ONE, ready_within: 0, **QUICK)
    refute flags.flush
    held.close
    FakeServer.open(ONE, port: port) do |server|
      flags.close
      assert_empty server.hosts
    end
  end

  def test_a_server_that_accepts_no_connection_does_not_keep_a_client_from_ending
    full = Socket.new(:INET, :STREAM) # its queue of connections
    full.bind(Addrinfo.tcp("127.0.0.1", 0))
    full.listen(0)
    waiting = Array.new(4) { Socket.new(:INET, :STREAM).tap { |socket| socket.connect_nonblock(full.local_address, exception: false) } }
    flags = Gonfalon::Client.new(endpoint: "http://127.0.0.1:#{full.local_address.ip_port}", token: "token", bootstrap: ONE, ready_within: 0, **QUICK,
                                 pace: Gonfalon::Pace.new(farewell: 0.1))
    flags.enabled?(:a)
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    flags.close
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - began, :<, 2
  ensure
    [full, *waiting].each(&:close)
  end

  def test_what_a_listener_raises_is_logged
    log = StringIO.new
    FakeServer.open(ONE) do |server|
      open_client(server, logger: Logger.new(log)) do |flags|
        flags.subscribe { |_| raise NotImplementedError, "oops" }
        watcher = Watcher.new(flags)
        server.await_stream
        server.publish(TWO)
        watcher.next_change
      end
    end
    assert_includes log.string, "oops"
  end

  def test_a_schedule_tells_when_it_opens
    now = GonfalonEngine.now
    flag = GonfalonTestFlag.new(windows: [[now + 1_500_000, (1 << 63) - 1]])
    child = GonfalonTestFlag.new(on: true, requires: { "timed" => true })
    data = GonfalonCompiler.compile({ "timed" => flag, "child" => child, "other" => GonfalonTestFlag.new }, environment: "default")
    Gonfalon::Client.open(bootstrap: data, logger: SILENT) do |flags|
      watcher = Watcher.new(flags)
      refute flags.enabled?(:timed)
      assert_equal %w[child timed], watcher.next_change.flags
      assert flags.enabled?(:child)
    end
  end

  def test_a_closed_client_keeps_answering
    FakeServer.open(ONE) do |server|
      flags = Gonfalon::Client.new(endpoint: server.url, token: "token", **QUICK)
      waiting = Thread.new { flags.wait_for(99) }
      flags.close
      refute waiting.value
      assert flags.enabled?(:a)
      flags.close
    end
  end

  def test_the_token_is_never_printed
    log = StringIO.new
    secret = "gfn_sdk_hush"
    FakeServer.open(ONE) do |server|
      flags = Gonfalon::Client.new(endpoint: server.url, token: secret, **QUICK, logger: Logger.new(log), ready_within: 0.5)
      error = assert_raises(NoMethodError) { flags.no_such_method }
      told = [flags.inspect, error.message, error.full_message, flags.stats.inspect, log.string, flags.instance_variable_get(:@workers).inspect]
      told.each { |text| refute_includes text, secret }
      flags.close
    end
    error = assert_raises(ArgumentError) { Gonfalon::Client.new(endpoint: "http://x", token: "#{secret}\n") }
    refute_includes error.message, secret
  end

  def test_a_trap_handler_may_decide
    flags = Gonfalon::Client.new(bootstrap: ONE, logger: SILENT)
    answers = Queue.new
    previous = trap("USR1") { answers << [flags.enabled?(:a), flags.variant(:hero, "u"), flags.state] }
    Process.kill("USR1", Process.pid)
    assert_equal [true, "blue", "READY"], Timeout.timeout(10) { answers.pop }
  ensure
    trap("USR1", previous || "DEFAULT")
  end
end
