defmodule Gonfalon.ClientTest do
  use ExUnit.Case, async: true

  import ExUnit.CaptureLog

  alias Gonfalon.{Context, Fake, Snapshots, Watcher}
  alias Gonfalon.Typed.{Identified, Member}

  @moduletag :tmp_dir

  defp start!(options), do: start_supervised!({Gonfalon, options})

  test "a bootstrap serves alone, and every question is answered from it" do
    start!(name: :bootstrap, bootstrap: Snapshots.snapshot(%{on: true, off: false}))
    client = [client: :bootstrap]
    assert Gonfalon.state(client) == :ready
    assert Gonfalon.keys(client) == ["off", "on"]
    assert Gonfalon.enabled?(:on, client)
    assert Gonfalon.enabled?("on", client)

    assert [%{key: "on", enabled: true}, %{key: "nope", known: false}] =
             Gonfalon.decide_all([keys: [:on, "nope"]] ++ client)

    assert [%{key: "off"}, %{key: "on"}] = Gonfalon.decide_all(client)
    assert %{environment: "default", revision: 1, flags: 2} = Gonfalon.info(client)
    assert Gonfalon.snapshot(client) == Snapshots.snapshot(%{on: true, off: false})
    assert %{unknown: 1, broken: 0, age: age} = Gonfalon.stats(client)
    assert age >= 0
    assert Gonfalon.wait_for(1, 0, client)
    refute Gonfalon.wait_for(2, 10, client)
    refute Gonfalon.flush(client)
  end

  test "no question raises, whatever it is given" do
    start!(
      name: :robust,
      bootstrap:
        Snapshots.snapshot(%{
          a: [
            %{"type" => "actor", "target" => "x", "enabled" => true},
            %{"type" => "group", "target" => "g", "enabled" => false}
          ]
        })
    )

    odd = [
      nil,
      :atom,
      "",
      <<0xFF>>,
      1,
      1.5,
      {},
      [],
      [1 | 2],
      %{},
      %{1 => 2},
      self(),
      make_ref(),
      fn -> 1 end,
      fn _ -> raise "no" end,
      %Identified{found: :raises},
      %Member{actor: 1, groups: nil},
      %Member{actor: fn -> 1 end, groups: []},
      ~D[2026-01-01],
      1..3,
      String.duplicate("x", 100_000),
      Bitwise.bsl(1, 200_000)
    ]

    for value <- odd,
        name <- [:for, :groups, :context, :default, :now, :roll, :unknown],
        question <- [:enabled?, :variant, :payload, :decide, :explain, :payload_int] do
      apply(Gonfalon, question, [:a, [{name, value}, {:client, :robust}]])
      Gonfalon.decide_all([{name, value}, {:client, :robust}])
    end

    for key <- odd do
      assert Gonfalon.enabled?(key, client: :robust) == false
      Gonfalon.decide(key, client: :robust)
      Gonfalon.explain(key, client: :robust)
      Gonfalon.decide_all(keys: [key], client: :robust)
      Gonfalon.decide_all(keys: key, client: :robust)
      assert Gonfalon.enabled?(:a, key) in [true, false]
    end

    assert Gonfalon.stats(client: :robust).unreadable > 0
  end

  test "without a client every question gets the default" do
    client = [client: :nobody_started]
    assert Gonfalon.enabled?(:a, [default: true] ++ client)
    refute Gonfalon.enabled?(:a, client)
    assert Gonfalon.variant(:a, [default: "x"] ++ client) == "x"
    assert %{reason: :not_ready, known: false} = Gonfalon.decide(:a, client)
    assert %{steps: []} = Gonfalon.explain(:a, client)
    assert Gonfalon.decide_all(client) == []
    assert [%{key: "a"}] = Gonfalon.decide_all([keys: [:a]] ++ client)

    assert {Gonfalon.keys(client), Gonfalon.info(client), Gonfalon.snapshot(client), Gonfalon.state(client)} ==
             {[], nil, nil, :not_ready}

    assert %{state: :not_ready, taken: 0} = Gonfalon.stats(client)
    refute Gonfalon.wait_ready(0, client)
    assert Gonfalon.close(client) == :ok
  end

  test "a client that was stopped gives the default, one that was closed its last answers" do
    start!(name: :closed, bootstrap: Snapshots.snapshot(%{a: true}))
    Gonfalon.close(client: :closed)
    assert Gonfalon.enabled?(:a, client: :closed)
    stop_supervised!({Gonfalon, :closed})
    refute Gonfalon.enabled?(:a, client: :closed)
    assert Gonfalon.state(client: :closed) == :not_ready
  end

  test "decisions go on while what is beneath is started again", %{tmp_dir: folder} do
    file = Path.join(folder, "flags")
    File.write!(file, Snapshots.snapshot(%{a: true}))
    start!(name: :crashing, file: file)
    store = Process.whereis(Gonfalon.Store.name(:crashing))
    monitor = Process.monitor(store)
    Process.exit(store, :kill)
    assert_receive {:DOWN, ^monitor, :process, _, :killed}
    assert Gonfalon.enabled?(:a, client: :crashing)

    Watcher.until(fn ->
      Process.whereis(Gonfalon.Store.name(:crashing)) not in [nil, store] and
        Gonfalon.state(client: :crashing) == :ready
    end)

    assert Gonfalon.enabled?(:a, client: :crashing)
  end

  test "a file is followed, and survives being broken", %{tmp_dir: folder} do
    file = Path.join(folder, "flags")
    start!(Watcher.quick(name: :file, file: file))
    assert Gonfalon.state(client: :file) == :not_ready
    Gonfalon.subscribe(client: :file)
    replace = fn data -> File.write!(file <> ".new", data) && File.rename!(file <> ".new", file) end
    replace.(Snapshots.snapshot(%{a: true}))
    assert_receive {:gonfalon, :file, %Gonfalon.FlagsChanged{flags: ["a"]}}
    replace.("broken")
    Watcher.until(fn -> Gonfalon.stats(client: :file).refused == 1 end)
    assert Gonfalon.enabled?(:a, client: :file)
    replace.(Snapshots.snapshot(%{a: false}, revision: 2))
    assert_receive {:gonfalon, :file, %Gonfalon.FlagsChanged{revision: 2}}
    refute Gonfalon.enabled?(:a, client: :file)
    Gonfalon.unsubscribe(client: :file)
  end

  test "a file is read again that was written twice in a second, in one length", %{tmp_dir: folder} do
    file = Path.join(folder, "flags")
    moment = System.os_time(:second)
    write = fn data -> File.write!(file, data) && File.touch!(file, moment) end
    [first, second] = [Snapshots.snapshot(%{a: true}), Snapshots.snapshot(%{a: false}, revision: 2)]
    assert byte_size(first) == byte_size(second)
    write.(first)
    start!(name: :twice, file: file)
    assert Gonfalon.enabled?(:a, client: :twice)
    write.(second)
    Watcher.until(fn -> not Gonfalon.enabled?(:a, client: :twice) end)
  end

  test "the last good snapshot is kept whole, is found again, and a damaged one is ignored", %{tmp_dir: folder} do
    [file, last_good] = for name <- ["flags", "deep/er/last"], do: Path.join(folder, name)
    File.write!(file, Snapshots.snapshot(%{a: true}, revision: 7))
    start!(name: :keeps, file: file, last_good: last_good)
    Watcher.until(fn -> File.exists?(last_good) end)
    assert File.read!(last_good) == File.read!(file)
    assert File.ls!(Path.dirname(last_good)) == ["last"]
    assert Bitwise.band(File.stat!(last_good).mode, 0o077) == 0

    for {bootstrap, serves} <- [{6, 7}, {8, 8}] do
      start!(name: :finds, last_good: last_good, bootstrap: Snapshots.snapshot(%{}, revision: bootstrap))
      assert Gonfalon.info(client: :finds).revision == serves
      stop_supervised!({Gonfalon, :finds})
    end

    # Of another lineage the last good counts, whatever its revision.
    start!(name: :finds, last_good: last_good, bootstrap: Snapshots.snapshot(%{}, revision: 99, lineage: <<2::128>>))
    assert Gonfalon.info(client: :finds).revision == 7
    File.write!(last_good, "damaged")
    start!(name: :ignores, last_good: last_good, bootstrap: Snapshots.snapshot(%{}, revision: 1))
    assert Gonfalon.info(client: :ignores).revision == 1
  end

  test "a client whose source is silent becomes stale", %{tmp_dir: folder} do
    file = Path.join(folder, "flags")
    File.write!(file, Snapshots.snapshot(%{a: true}))
    # A file is looked at each second.
    start!(name: :silent, file: file, ttl: 50)
    Gonfalon.subscribe(client: :silent)
    assert_receive {:gonfalon, :silent, %Gonfalon.StateChanged{state: :stale, previous: :ready}}
    assert Gonfalon.enabled?(:a, client: :silent)
    assert_receive {:gonfalon, :silent, %Gonfalon.StateChanged{state: :ready, previous: :stale}}
  end

  test "a schedule's edge is a change of its flag, and of those that require it" do
    clock = :atomics.new(1, [])
    :atomics.put(clock, 1, 1_000_000)
    window = [Snapshots.schedule(1_200_000, 1_400_000)]

    child = [
      %{"type" => "boolean", "enabled" => true},
      %{"type" => "prerequisite", "target" => "open", "enabled" => true}
    ]

    start!(
      name: :edges,
      bootstrap: Snapshots.snapshot(%{open: window, child: child, other: true}),
      clock: fn -> :atomics.get(clock, 1) end
    )

    Gonfalon.subscribe(client: :edges)

    for now <- [1_200_000, 1_400_000] do
      :atomics.put(clock, 1, now)
      assert_receive {:gonfalon, :edges, %Gonfalon.FlagsChanged{flags: ["child", "open"]}}
    end
  end

  test "options that make no sense are said at once" do
    for {options, message} <- [
          {[], ~r/nothing to take flags from/},
          {[endpoint: "http://a", file: "b", token: "t"], ~r/two sources/},
          {[endpoint: "http://a"], ~r/needs a token/},
          {[endpoint: "ftp://a", token: "t"], ~r/not an http or https URL/},
          {[endpoint: "http://user:secret@a", token: "t"], ~r/has a user in it/},
          {[endpoint: "http://a", token: "t", pace: [backoff: "soon"]], ~r/pace has/},
          {[endpoint: "http://a", token: "t\r\nX: y"], ~r/white space or control/},
          {[endpoint: "http://a", token: "t", poll_interval: 0], ~r/above 0/},
          {[endpoint: "http://a", token: "t", ttl: "soon"], ~r/milliseconds/},
          {[bootstrap: "/nonexistent"], ~r/isn't there/},
          {[bootstrap: "/", nmae: :a], ~r/no option :nmae/},
          {[bootstrap: "/dev/zero"], ~r/not a regular file/}
        ] do
      error = assert_raise(ArgumentError, message, fn -> Gonfalon.start_link(options) end)
      refute error.message =~ "secret"
    end

    Process.flag(:trap_exit, true)

    assert {:error, {:shutdown, {:failed_to_start_child, Gonfalon.Store, {%ArgumentError{message: message}, _}}}} =
             Gonfalon.start_link(name: :damaged, bootstrap: <<0x94, 0>>)

    assert message =~ "the bootstrap can't be used"
  end

  test "times may be as long as can be, and what would never rest is refused" do
    huge = Integer.pow(10, 30)
    data = Snapshots.snapshot(%{on: true})
    endpoint = Fake.start(fn _, _, _ -> ["HTTP/1.1 200 OK\r\ncontent-length: #{byte_size(data)}\r\n\r\n", data] end)

    for {option, time} <-
          for(option <- [:poll_interval, :ttl, :grace, :ready_within], time <- [huge, 1.0e300], do: {option, time}) do
      name = :"#{option} of #{time}"

      start!(
        [name: name, endpoint: endpoint, token: "secret", pace: [usage: huge]] ++
          Keyword.put([poll_interval: 60_000], option, time)
      )

      client = [client: name]
      assert Gonfalon.wait_ready(huge, client)
      refute Gonfalon.wait_for(2, 1, client)
      assert_raise ArgumentError, ~r/milliseconds/, fn -> Gonfalon.wait_for(2, -1, client) end
      assert Gonfalon.enabled?(:on, client)
      assert Gonfalon.stats(client).lost == 0
    end

    assert_raise ArgumentError, ~r/above 0/, fn ->
      Gonfalon.start_link(endpoint: "http://a", token: "t", pace: [usage: 0])
    end
  end

  test "a mistake is logged once, and the token never" do
    Logger.configure(level: :warning)

    log =
      capture_log(fn ->
        start!(
          name: :mistaken,
          bootstrap: Snapshots.snapshot(%{a: [%{"type" => "actor", "target" => "x", "enabled" => true}]})
        )

        for _ <- 1..3, do: Gonfalon.enabled?(:mispelt, client: :mistaken)
        for _ <- 1..3, do: Gonfalon.enabled?(:a, for: {1, 2}, client: :mistaken)
      end)

    Logger.configure(level: :none)
    assert [_, _] = String.split(log, "there is no flag \"mispelt\"")
    assert [_, _] = String.split(log, "a tuple as the actor")
    assert %{unknown: 3, unreadable: 3} = Gonfalon.stats(client: :mistaken)
    refute inspect(Gonfalon.Wire.new("http://a", "the-token", "default", [])) =~ "the-token"
  end

  test "a prepared context is used for many decisions, and not mixed with parts" do
    start!(
      name: :prepared,
      bootstrap: Snapshots.snapshot(%{a: [%{"type" => "group", "target" => "g", "enabled" => true}]})
    )

    context = Context.new(for: "x", groups: ["g"], context: %{plan: "pro"})
    assert Gonfalon.enabled?(:a, for: context, client: :prepared)
    assert %{error: %Gonfalon.ContextError{}} = Gonfalon.decide(:a, for: context, groups: ["h"], client: :prepared)
    assert Gonfalon.enabled?(:a, for: context, groups: ["h"], default: true, client: :prepared)
    assert Context.new(for: %Member{actor: 1, groups: ["g"]}).actor == "1"
    assert %Context{actor: "1"} = Context.new([{:for, 1}, {:nonsense, 2}])
  end

  test "events for telemetry have the names and shape of the references" do
    start!(name: :told, bootstrap: Snapshots.snapshot(%{a: true}))
    :telemetry.attach_many(:client_test, [[:gonfalon, :enabled?], [:gonfalon, :variant]], &__MODULE__.heard/4, self())
    Gonfalon.enabled?(:a, for: 1, client: :told)

    assert_received {[:gonfalon, :enabled?], %{system_time: _},
                     %{flag_name: :a, options: [for: 1, client: :told], result: true}}

    Gonfalon.variant(:a, for: nil, default: "x", client: :told)

    assert_received {[:gonfalon, :variant], %{system_time: _},
                     %{flag_name: :a, options: [default: "x", client: :told], result: "x"}}
  after
    :telemetry.detach(:client_test)
  end

  def heard(event, measurements, metadata, pid), do: send(pid, {event, measurements, metadata})
end
