defmodule Gonfalon.RobustTest do
  @moduledoc "Whatever goes wrong in a client's processes, the program's own supervisor doesn't learn of it."
  use ExUnit.Case, async: false

  import ExUnit.CaptureLog

  alias Gonfalon.{Endpoint, Fake, LastGood, Options, Snapshots, Source, Tree, Watcher}

  @moduletag :tmp_dir
  @token "gfn_sdk_0123456789abcdef"

  setup do
    Logger.configure(level: :info)
    on_exit(fn -> Logger.configure(level: :none) end)
  end

  test "an environment is one segment of the path" do
    for key <- ["", ".", "..", :..] do
      assert_raise ArgumentError, ~s(no environment has the key "#{key}"), fn ->
        Gonfalon.start_link(name: :dots, endpoint: "http://127.0.0.1:1", token: "t", environment: key)
      end
    end
  end

  test "an endpoint that can't be one is refused in the words of every SDK" do
    for %{"endpoint" => endpoint} = case <- Tree.json("hostsdk/testdata/endpoints.json") do
      if words = case["words"] do
        for make <- [
              &Endpoint.check!/1,
              &Gonfalon.start_link(endpoint: &1, token: "t"),
              &Gonfalon.Admin.new(&1, "t")
            ],
            do: assert_raise(ArgumentError, words, fn -> make.(endpoint) end)
      else
        assert Endpoint.check!(endpoint) == endpoint
      end
    end
  end

  test "what raises in the source is a state and one line of the log, and it goes on" do
    start_supervised!({Gonfalon, [name: :raising, bootstrap: Snapshots.snapshot(%{a: true})] ++ Watcher.quick()})

    client = Gonfalon.Client.find(:raising)
    options = Options.read([endpoint: "http://127.0.0.1:1", token: @token, name: :raising] ++ Watcher.quick())

    log =
      capture_log(fn ->
        # A port that no check of an endpoint lets through, and a wire that is none.
        for source <- [
              {:stream, Gonfalon.Wire.new("http://127.0.0.1:99999", @token, "default", [])},
              {:poll, nil, 10},
              :nonsense
            ] do
          pid = start_supervised!({Source, {client, %{options | source: source}}}, restart: :temporary)
          lost = Gonfalon.stats(client: :raising).lost
          Watcher.until(fn -> Gonfalon.stats(client: :raising).lost > lost + 3 end)
          assert Process.alive?(pid)
          assert Gonfalon.stats(client: :raising).last_error =~ ~r"following the source (raised|exited)"
          assert Gonfalon.enabled?(:a, client: :raising)
          stop_supervised!(Source)
        end
      end)

    assert length(String.split(log, "it goes on")) == 4
    refute log =~ @token
  end

  test "what raises in the store, in telling of schedules or in reports ends none of them" do
    test = self()

    url =
      Fake.start(fn
        "POST" <> _, _, _ -> send(test, :reported) && "HTTP/1.1 204 No\r\n\r\n"
        "GET" <> _, _, _ -> ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", :hold]
      end)

    sale = Snapshots.schedule(1, nil)

    pid =
      start_supervised!(
        {Gonfalon,
         [
           name: :clocked,
           endpoint: url,
           token: @token,
           ready_within: 0,
           bootstrap: Snapshots.snapshot(%{a: [sale]}),
           clock: fn -> raise "the clock" end
         ] ++ Watcher.quick()}
      )

    Gonfalon.subscribe(client: :clocked)
    store = Gonfalon.Store.name(:clocked)
    processes = for {_, child, _, _} <- Supervisor.which_children(pid), do: child

    capture_log(fn ->
      assert {:refused, "taking what the source sent raised" <> _} = GenServer.call(store, :nonsense)
      assert {:refused, _} = Gonfalon.Store.take_snapshot(store, :nonsense, nil)
      for child <- processes, is_pid(child), do: send(child, :nonsense)
      assert Gonfalon.flush(client: :clocked)
    end)

    assert_received :reported
    assert Gonfalon.enabled?(:a, client: :clocked)
    assert processes == for({_, child, _, _} <- Supervisor.which_children(pid), do: child)
  end

  test "nothing but a regular file is replaced or read", %{tmp_dir: folder} do
    pipe = Path.join(folder, "pipe")
    {_, 0} = System.cmd("mkfifo", [pipe])
    directory = Path.join(folder, "folder")
    File.mkdir!(directory)

    for path <- [pipe, directory] do
      kind = File.stat!(path).type

      log =
        capture_log(fn ->
          assert {:error, reason} = LastGood.read(path)
          assert reason =~ "not a regular file"
          assert "it is not a regular file" = LastGood.keep(path, "bytes")
          assert "it is not a regular file" = LastGood.keep(path, "bytes", "it is not a regular file")
        end)

      assert length(String.split(log, "can't be written")) == 2
      assert File.stat!(path).type == kind
    end

    assert Enum.sort(File.ls!(folder)) == ["folder", "pipe"]

    capture_log(fn ->
      for path <- [folder <> "/a\0b", folder <> "/" <> String.duplicate("x", 300), "/proc/nowhere/flags"] do
        assert is_binary(LastGood.keep(path, "bytes"))
        assert LastGood.read(path) == :none or match?({:error, _}, LastGood.read(path))
      end
    end)
  end

  test "a link stays one, and what a killed program left is deleted", %{tmp_dir: folder} do
    [path, link, nothing] = for name <- ["flags", "link", "nothing"], do: Path.join(folder, name)
    File.write!(path, "one")
    File.ln_s!("flags", link)
    File.ln_s!("nowhere", nothing)
    [old, new, other] = for name <- ["0123456789AB", "0123456789AC", "snapshot"], do: "#{path}.#{name}"
    for left <- [old, new, other], do: File.write!(left, "half")
    for left <- [old, other], do: File.touch!(left, System.os_time(:second) - 100)
    assert LastGood.keep(link, "two") == nil
    assert {File.read_link!(link), File.read!(path)} == {"flags", "two"}
    assert capture_log(fn -> assert LastGood.keep(nothing, "two") == "it is a link to nothing" end) =~ "link to nothing"
    assert Enum.map([old, new, other], &File.exists?/1) == [false, true, true]
    assert length(File.ls!(folder)) == 5
  end

  test "a file that can't be used isn't confirmed by looking at it again", %{tmp_dir: folder} do
    path = Path.join(folder, "flags")
    File.write!(path, Snapshots.snapshot(%{a: true}))
    start_supervised!({Gonfalon, [name: :damaged_file, file: path] ++ Watcher.quick()})
    assert Gonfalon.state(client: :damaged_file) == :ready
    File.write!(path, "<html>")
    Watcher.until(fn -> Gonfalon.state(client: :damaged_file) == :stale end)
    # Two looks later it still is.
    Process.sleep(2100)
    assert Gonfalon.state(client: :damaged_file) == :stale
    assert Gonfalon.enabled?(:a, client: :damaged_file)
  end

  test "a token is shown by nothing, also if the server sends it back" do
    url =
      Fake.start(fn _, %{"authorization" => told}, _ ->
        body =
          Gonfalon.JSON.encode(%{
            title: "what is\r\n" <> told,
            detail: String.upcase(told) <> String.duplicate("x", 2000)
          })

        "HTTP/1.1 401 #{told}\r\nContent-Length: #{byte_size(IO.iodata_to_binary(body))}\r\n\r\n#{body}"
      end)

    log =
      capture_log(fn ->
        spec = Gonfalon.child_spec([name: :told, endpoint: url, token: @token, admin_token: @token] ++ Watcher.quick())
        refute inspect(spec, limit: :infinity) =~ @token
        pid = start_supervised!(spec)
        Watcher.until(fn -> Gonfalon.state(client: :told) == :error end)
        error = Gonfalon.stats(client: :told).last_error
        assert error =~ ~r/\A401 what is Bearer …: BEARER …x+\z/
        assert byte_size(error) < 600
        for {_, child, _, _} <- Supervisor.which_children(pid), is_pid(child), do: Process.exit(child, :kill)
        refute inspect(Gonfalon.Client.find(:told), limit: :infinity) =~ @token
        assert {:error, refused} = Gonfalon.Admin.get_flag(Gonfalon.Admin.new(url, @token), :a)
        refute Exception.message(refused) =~ @token

        # Also where nobody expects it.
        for answer <- [
              ~s(HTTP/1.1 500 No\r\n\r\n{"title": {"x": ["#{@token}"]}, "type": ["#{@token}"]}),
              "HTTP/1.1 200 OK\r\nContent-Encoding: #{@token}\r\n\r\n"
            ] do
          admin = Gonfalon.Admin.new(Fake.start(fn _, _, _ -> answer end), @token)
          assert {:error, refused} = Gonfalon.Admin.get_flag(admin, :a)
          refute inspect(refused) <> Exception.message(refused) =~ @token
        end
      end)

    refute log =~ @token
  end

  test "nobody waits for a client that is closed" do
    url = Fake.start(fn _, _, _ -> ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", :hold] end)
    start_supervised!({Gonfalon, [name: :waited, endpoint: url, token: @token, ready_within: 0] ++ Watcher.quick()})

    waiting =
      for wait <- [&Gonfalon.wait_ready/2, &Gonfalon.wait_for(7, &1, &2)],
          do: Task.async(fn -> wait.(:infinity, client: :waited) end)

    store = Process.whereis(Gonfalon.Store.name(:waited))
    Watcher.until(fn -> length(:sys.get_state(store).waiters) == 2 end)
    assert Gonfalon.close(client: :waited) == :ok
    assert Task.await_many(waiting) == [false, false]
    refute Gonfalon.wait_ready(:infinity, client: :waited)
    assert Gonfalon.close(client: :waited) == :ok
    # Options that are none are about the usual client.
    for odd <- [:odd, 5, nil],
        do: assert({Gonfalon.state(odd), Gonfalon.info(odd)} == {Gonfalon.state(), Gonfalon.info()})
  end

  test "a bad key is logged once, and cut" do
    start_supervised!({Gonfalon, name: :keyed, bootstrap: Snapshots.snapshot(%{a: true})})

    log =
      capture_log(fn ->
        for _ <- 1..3, do: Gonfalon.enabled?({1, 2}, client: :keyed)
        for _ <- 1..3, do: Gonfalon.enabled?("no\n" <> String.duplicate("x", 10_000), client: :keyed)
      end)

    assert length(String.split(log, "can't be decided")) == 2
    assert [_, _] = String.split(log, "there is no flag \"no\\nxxx")
    assert byte_size(log) < 1000
    assert %{broken: 3, unknown: 3} = Gonfalon.stats(client: :keyed)
  end

  test "a key that is longer than a flag's is no flag's, and isn't remembered" do
    start_supervised!({Gonfalon, name: :long, bootstrap: Snapshots.snapshot(%{a: true})})
    table = Gonfalon.Client.find(:long).table
    key = String.duplicate("x", 33 * 1024 * 1024)

    capture_log(fn ->
      for key <- [key, String.duplicate("x", 1025), "é" <> String.duplicate("x", 1023)] do
        assert %{reason: :unknown_flag, error: nil, key: ^key} = Gonfalon.decide(key, client: :long)
        assert [%{reason: :unknown_flag, key: ^key}, _] = Gonfalon.decide_all(keys: [key, "a"], client: :long)
        assert %{decision: %{reason: :unknown_flag}} = Gonfalon.explain(key, client: :long)
        assert :ets.match(table, {{:_, key}, :_, :_, :_, :_, :_, :_, :_}) == []
      end
    end)
  end

  test "making a context never fails" do
    alias Gonfalon.Context
    start_supervised!({Gonfalon, name: :odd, bootstrap: Snapshots.snapshot(%{a: [Snapshots.schedule(nil, 1)]})})
    twice = Context.new(for: Context.new(for: "jo"), groups: ["staff"])
    assert twice.groups_error =~ "part of a prepared context"
    assert Gonfalon.decide(:a, for: twice, client: :odd).known

    for time <- [
          %{~U[2020-01-01 00:00:00Z] | year: 10_000},
          %{~N[2020-01-01 00:00:00] | month: nil},
          %{~D[2020-01-01] | day: :x}
        ] do
      assert %{attributes: %{"at" => <<0xC0>>}, unreadable: ["an attribute of " <> _]} =
               Context.new(context: %{at: time})
    end

    # What implements the protocol is an actor, whatever it is.
    assert Context.new(for: self()).actor == inspect(self())
    assert Context.new(for: true).actor == nil
  end
end
