defmodule Gonfalon.EngineTest do
  use ExUnit.Case, async: true

  alias Gonfalon.{Asking, Client, Engine, LoadError, Msgpack, Native, Snapshots}

  @snapshot Snapshots.snapshot(%{a: true, b: false, c: [%{"type" => "percentage_of_actors", "ratio" => 0.5}]})

  defp client, do: Client.new(:engine_test, nil, nil)

  test "a snapshot that is cut or altered anywhere is refused, and nothing is left of it" do
    for n <- 0..(byte_size(@snapshot) - 1) do
      assert {:error, code, offset} = Native.load(binary_part(@snapshot, 0, n), 2, 1_000_000)
      assert code in 1..14 and offset in 0..byte_size(@snapshot)
      <<head::binary-size(n), byte, rest::binary>> = @snapshot
      assert {:error, _, _} = Native.load(<<head::binary, Bitwise.bxor(byte, 1), rest::binary>>, 2, 1_000_000)
    end

    assert_raise LoadError, ~r/not a gonfalon snapshot/, fn -> Engine.load("no", 1) end
    assert {:error, 1, _} = Native.load(:binary.copy(<<0x94>>, 33_554_433), 1, 0)
  end

  test "whatever bytes come as a request, the answer is a decision or an error" do
    {:ok, pool} = Native.load(@snapshot, 2, 100_000_000)
    :rand.seed(:exsss, {1, 2, 3})
    request = IO.iodata_to_binary(Msgpack.pack(["c", "user:1", ["g"], 5, 7, {:map, [{"k", "v"}]}]))

    for _ <- 1..20_000 do
      at = :rand.uniform(byte_size(request)) - 1
      <<head::binary-size(at), _, rest::binary>> = request
      altered = head <> <<:rand.uniform(256) - 1>> <> if(:rand.uniform(2) == 1, do: rest, else: "")
      packed = Native.evaluate(pool, altered)
      assert packed >= 0 or packed == -1
      assert match?({^packed, _, _, _}, Native.decide(pool, altered)) or Native.decide(pool, altered) == packed
    end

    for {function, more} <- [needs: [], explain: [], batch: [0]], data <- ["", "no", <<0x96>>, :rand.bytes(40)] do
      answer = apply(Native, function, [pool, data | more])
      assert answer == -1 or is_binary(answer) or is_list(answer)
    end

    assert Native.batch(pool, IO.iodata_to_binary(Msgpack.pack([nil])), 100_001) == -4
    assert_raise ArgumentError, fn -> Native.evaluate(pool, :no) end
    assert_raise ArgumentError, fn -> Native.evaluate(make_ref(), "") end
  end

  test "a delta makes the next snapshot, and one that doesn't apply is refused" do
    next = Snapshots.snapshot(%{a: false, d: true}, revision: 2)
    engine = Engine.load(@snapshot, 1)
    delta = Snapshots.delta(@snapshot, next)
    assert Engine.splice(engine, delta) == next
    assert_raise LoadError, ~r/another snapshot/, fn -> Engine.splice(Engine.load(next, 1), delta) end

    for n <- 0..(byte_size(delta) - 1),
        do: assert_raise(LoadError, fn -> Engine.splice(engine, binary_part(delta, 0, n)) end)

    # The pool still decides.
    assert Engine.evaluate(engine, client(), "a", %Asking{}) |> Bitwise.band(1) == 1
  end

  test "many processes decide at once, each rightly, while snapshots are loaded and spliced" do
    client = client()
    Client.serve(client, Engine.load(@snapshot, 1))
    wanted = Map.new(1..100, &{&1, Gonfalon.score(:c, &1) <= 0.5})

    deciders =
      for _ <- 1..50 do
        Task.async(fn ->
          for n <- 1..400, actor = rem(n, 100) + 1 do
            engine = Client.engine(client)
            assert Engine.evaluate(engine, client, "c", %Asking{for: actor}) |> Bitwise.band(1) == 1 == wanted[actor]
          end
        end)
      end

    for generation <- 2..40 do
      next =
        Snapshots.snapshot(
          %{a: true, b: rem(generation, 2) == 0, c: [%{"type" => "percentage_of_actors", "ratio" => 0.5}]},
          revision: generation
        )

      old = Client.engine(client)
      assert Engine.splice(old, Snapshots.delta(Engine.data(old), next)) == next
      Client.serve(client, Engine.load(next, generation))
    end

    Task.await_many(deciders, 60_000)
    # Only the last generation's rows are left, and what late readers asked of the one before.
    assert :ets.info(client.table, :size) < 20
  end

  test "instances that trapped are replaced, and the question is asked once more" do
    client = client()
    engine = Engine.load(@snapshot, 1)
    Client.serve(client, engine)

    asks = [
      fn -> Bitwise.band(Engine.evaluate(engine, client, "a", %Asking{for: 1}), 1) == 1 end,
      fn -> Engine.decide(engine, client, "c", %Asking{for: 1}).known end,
      fn -> length(Engine.decide_all(engine, client, nil, %Asking{for: 1})) == 3 end,
      fn -> Engine.explain(engine, client, "c", %Asking{for: 1}).steps != [] end,
      fn -> Engine.all_keys(engine, client) == ["a", "b", "c"] end
    ]

    for {ask, n} <- Enum.with_index(asks) do
      Native.spoil(engine.pool)
      assert Native.evaluate(engine.pool, <<0x91, 2>>) == Native.trapped()
      assert ask.()
      assert Client.figure(client, :traps) == n + 1
      assert Native.mend(engine.pool) == elem(Native.size(engine.pool), 0)
    end

    Native.spoil(engine.pool)
    assert {:error, -100, _} = Native.splice(engine.pool, "")
    assert %{flags: 3, environment: "default"} = Engine.info(engine)
  end

  test "pairs are decided, and asked again as a program would" do
    request = fn actor, groups ->
      IO.iodata_to_binary(Msgpack.pack(["c", actor, groups, 5, -7, {:map, [{"b", 1}, {"a", [1.5, nil, "x"]}]}]))
    end

    requests = [request.("user:1", ["g"]), request.(false, ["g"]), request.(nil, []), <<0x91, 2>>, "no"]
    record = &[<<byte_size(&1)::little-32>>, &1]

    file =
      IO.iodata_to_binary(
        for {r, n} <- Enum.with_index(requests), do: [record.(if(n == 0, do: @snapshot, else: "")), record.(r)]
      )

    {decisions, 5, again} = Gonfalon.Pairs.decide(file)
    # What another actor, or a number, or nothing is asked for can't be asked by a program.
    assert again == 3
    assert List.last(decisions) == <<0xFFFFFFFF::32, 0::96>>
    assert_raise ArgumentError, fn -> Gonfalon.Pairs.decide(binary_part(file, 0, byte_size(file) - 1)) end
  end

  test "a pool has an instance for each scheduler, if there is memory for them" do
    {:ok, pool} = Native.load(@snapshot, 4, 1_000_000_000)
    assert {4, each} = Native.size(pool)
    {:ok, pool} = Native.load(@snapshot, 4, 2 * each)
    assert {2, _} = Native.size(pool)
    {:ok, pool} = Native.load(@snapshot, 4, 0)
    assert {1, _} = Native.size(pool)
    assert Native.mend(pool) == 1
  end

  test "what is asked is counted by flag, and unknown flags are remembered up to a bound" do
    client = client()
    engine = Engine.load(@snapshot, 1)
    for _ <- 1..3, do: Engine.evaluate(engine, client, "a", %Asking{})
    Engine.decide(engine, client, "c", %Asking{for: 1})
    Engine.decide_all(engine, client, nil, %Asking{for: 1})
    Engine.explain(engine, client, "a", %Asking{})
    for n <- 1..1500, do: assert(Engine.evaluate(engine, client, "none #{n}", %Asking{}) == 0)
    on = if Gonfalon.score(:c, 1) <= 0.5, do: 2, else: 0
    assert Engine.take_usage(engine, client) == %{"a" => {4, 4}, "b" => {1, 0}, "c" => {2, on}}
    assert Engine.take_usage(engine, client) == %{}
    assert :ets.info(client.table, :size) < 1100
  end
end
