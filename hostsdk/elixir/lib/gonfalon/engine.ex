defmodule Gonfalon.LoadError do
  @moduledoc "A snapshot or delta that the engine refuses. `code` is by the table of wasm/ABI.md, `offset` where the fault is."
  defexception [:code, :offset]

  @codes %{
    1 => "longer than a snapshot may be",
    2 => "not a gonfalon snapshot",
    3 => "a snapshot format that this engine doesn't read",
    4 => "the content id doesn't match the bytes: they are truncated or altered",
    5 => "malformed",
    6 => "the records don't add up to the header's counts",
    7 => "past a limit",
    8 => "the keys don't ascend, or one occurs twice",
    9 => "an index or a state is out of range",
    10 => "there are bytes after the end",
    11 => "the delta is for another snapshot",
    12 => "the delta deletes a key that isn't there",
    13 => "the buffer is too small",
    14 => "too many keys collide",
    -100 => "the engine stopped",
    -101 => "there is no memory"
  }

  @impl true
  def message(%{code: code, offset: offset}) do
    "#{Map.get(@codes, code, "refused")} (code #{code})#{if code > 0, do: " at byte #{offset}"}"
  end
end

defmodule Gonfalon.EngineError do
  @moduledoc "A question that the engine couldn't answer."
  defexception [:message]
end

defmodule Gonfalon.Engine do
  @moduledoc false
  # A snapshot that decides: a pool of instances of the engine, and what each flag needs.
  #
  # An engine is a value: it is read from the client's table with one copy, and lives as long as anybody holds it. What a flag needs is
  # asked once and kept in that table, under the engine's generation; the store deletes what older generations left.

  import Bitwise
  require Logger

  alias Gonfalon.{
    Asking,
    Client,
    Context,
    Decision,
    EngineError,
    Explanation,
    LoadError,
    Msgpack,
    Native,
    SnapshotInfo,
    Values
  }

  # A greater snapshot has fewer instances.
  @memory 64 * 1024 * 1024
  @most 8
  # Keys of no flag that are remembered: a program asks for a few such flags, an attacker for any number.
  @unknown 1000
  # Bytes of a flag's key (engine/limits.go).
  @longest_key 1024

  @has_variant 1 <<< 26
  @has_target 1 <<< 27
  @fixed 1 <<< 29
  @nobody <<0xC0>>
  @no_groups Msgpack.array(0)
  @no_attributes Msgpack.map(0)

  # Small, because each decision copies it.
  @enforce_keys [:pool, :generation, :revision, :usage]
  defstruct [:pool, :generation, :revision, :usage]

  @type t :: %__MODULE__{}

  @doc "Loads a snapshot; raises LoadError if the engine refuses it."
  @spec load(binary, non_neg_integer, pos_integer) :: t
  def load(data, generation, most \\ min(System.schedulers_online(), @most)) do
    # A copy: the bytes may be a part of something greater, which they would keep in memory.
    data = :binary.copy(data)

    case Native.load(data, most, @memory) do
      {:ok, pool} ->
        info = SnapshotInfo.read(Native.info(pool))
        %__MODULE__{pool: pool, generation: generation, revision: info.revision, usage: counters(info.flags)}

      {:error, code, offset} ->
        raise LoadError, code: code, offset: offset
    end
  end

  @doc "The snapshot's description."
  @spec info(t) :: SnapshotInfo.t()
  def info(engine), do: engine.pool |> Native.info() |> SnapshotInfo.read()

  @doc "The snapshot's bytes."
  @spec data(t) :: binary
  def data(engine), do: Native.data(engine.pool)

  # Two for each flag: evaluations, and those that were on.
  defp counters(flags) do
    options = if flags * System.schedulers_online() <= 100_000, do: [:write_concurrency], else: [:atomics]
    :counters.new(max(2 * flags, 1), options)
  end

  @doc "The packed decision of one flag: the quickest question."
  @spec evaluate(t, Client.t(), String.t(), Asking.t()) :: non_neg_integer
  def evaluate(engine, client, key, asking) do
    case needs(engine, client, key) do
      {_, number, _, _, _, _, packed, _} when packed != nil ->
        count(engine, number, packed)

      {_, number, _, _, _, _, _, _} = needs ->
        request = request(needs, client, asking)
        packed = answered(engine, client, fn -> Native.evaluate(engine.pool, request) end)
        count(engine, number, packed)
    end
  end

  @doc "The whole decision of one flag."
  @spec decide(t, Client.t(), String.t(), Asking.t()) :: Decision.t()
  def decide(engine, client, key, asking) do
    case needs(engine, client, key) do
      {_, number, _, _, _, _, packed, _} when packed != nil ->
        count(engine, number, packed)
        Decision.new(key, packed, nil, nil, nil, engine.revision)

      {_, number, _, _, _, _, _, _} = needs ->
        request = request(needs, client, asking)
        {packed, variant, payload, target} = answered(engine, client, fn -> Native.decide(engine.pool, request) end)
        count(engine, number, packed)
        decision(engine, key, packed, variant, payload, target)
    end
  end

  @doc "The decisions of several flags, in their order, or (nil) of all flags."
  @spec decide_all(t, Client.t(), [String.t()] | nil, Asking.t()) :: [Decision.t()]
  def decide_all(engine, client, keys, asking) do
    asking = %{asking | now: asking.now || System.os_time(:microsecond), roll: asking.roll || chance()}
    every = if keys == nil, do: all_keys(engine, client), else: keys

    if Context.too_many?(asking),
      do: Enum.map(every, &alone(engine, client, &1, asking)),
      else: decide_together(engine, client, keys, every, asking)
  end

  defp decide_together(engine, client, keys, every, asking) do
    context = Context.of(asking)

    try do
      named = if Context.wants_names?(context), do: groups(engine, client, every), else: []
      flags = if keys == nil, do: <<0xC0>>, else: [Msgpack.array(length(keys)) | Enum.map(keys, &sent/1)]
      tell(client, context, length(every))
      whole(flags, context, named, nil, asking)
    rescue
      # Perhaps they only ask together for more than a request can have.
      Gonfalon.ContextError ->
        Enum.map(every, &alone(engine, client, &1, %{asking | for: context, groups: nil, context: nil}))
    else
      request -> batches(engine, client, request, every, 0, [])
    end
  end

  defp batches(_, _, _, [], _, found), do: Enum.reverse(found)

  defp batches(engine, client, request, keys, first, found) do
    records = answered(engine, client, fn -> Native.batch(engine.pool, request, first) end)

    case batch(engine, client, records, keys, found) do
      {_, ^keys, _} -> raise EngineError, "the engine decided fewer flags than it was asked for"
      {n, keys, found} -> batches(engine, client, request, keys, first + n, found)
    end
  end

  defp batch(engine, client, records, keys, found) do
    Enum.reduce(records, {0, keys, found}, fn {packed, variant, payload, target}, {n, [key | keys], found} ->
      # What was asked so isn't remembered: a number is needed to count, and all flags have one.
      if Decision.known?(packed), do: count(engine, elem(needs(engine, client, key), 1), packed)
      {n + 1, keys, [decision(engine, key, packed, variant, payload, target) | found]}
    end)
  end

  # One decision of several, which keeps its error to itself.
  defp alone(engine, client, key, asking) do
    decide(engine, client, key, asking)
  rescue
    error -> Decision.undecided(key, engine.revision, error)
  end

  @doc "The decision with every gate that the engine looked at. It is not counted as an evaluation."
  @spec explain(t, Client.t(), String.t(), Asking.t()) :: Explanation.t()
  def explain(engine, client, key, asking) do
    {_, _, named, names, _, _, _, _} = needs(engine, client, key)
    context = Context.of(asking, names)
    tell(client, context, 1)
    request = whole(sent(key), context, named, names, asking)
    {packed, variant, payload, target} = answered(engine, client, fn -> Native.decide(engine.pool, request) end)
    written = answered(engine, client, fn -> Native.explain(engine.pool, request) end)
    Explanation.read(written, decision(engine, key, packed, variant, payload, target), info(engine))
  end

  @doc "The keys of all flags, ascending."
  @spec all_keys(t, Client.t()) :: [String.t()]
  def all_keys(engine, client), do: answered(engine, client, fn -> Native.flag_keys(engine.pool) end)

  @doc "The bytes of the snapshot that a delta makes of this one; raises LoadError if it doesn't apply."
  @spec splice(t, binary) :: binary
  def splice(engine, delta) do
    case Native.splice(engine.pool, delta) do
      {:ok, data} -> data
      {:error, code, offset} -> raise LoadError, code: code, offset: offset
    end
  end

  @doc "What was counted since the last time: key → {count, how often it was on}."
  @spec take_usage(t, Client.t()) :: %{String.t() => {pos_integer, non_neg_integer}}
  def take_usage(engine, client) do
    engine
    |> all_keys(client)
    |> Enum.with_index()
    |> Enum.reduce(%{}, fn {key, number}, found ->
      case :counters.get(engine.usage, 2 * number + 1) do
        0 ->
          found

        count ->
          on = :counters.get(engine.usage, 2 * number + 2)
          :counters.sub(engine.usage, 2 * number + 1, count)
          :counters.sub(engine.usage, 2 * number + 2, on)
          Map.put(found, key, {count, min(on, count)})
      end
    end)
  end

  defp count(_, -1, packed), do: packed

  defp count(%{usage: usage}, number, packed) do
    :counters.add(usage, 2 * number + 1, 1)
    if (packed &&& 1) == 1, do: :counters.add(usage, 2 * number + 2, 1)
    packed
  end

  # What deciding a flag can ask for (the ABI's needs):
  # {{generation, key}, number or -1, groups, attributes or nil for all, time?, chance?, the packed decision if it is fixed, only the actor matters?}
  @doc false
  def needs(engine, client, key) do
    place = {engine.generation, key}

    case :ets.lookup(client.table, place) do
      [needs] -> needs
      [] -> ask(engine, client, text!(key), place)
    end
  end

  @doc "A flag's key as text; raises if it can't be one. What a program asked for is remembered as it was written, atom or string."
  def text!(key) when is_binary(key), do: Values.text(key)
  def text!(key) when is_atom(key) and key != nil, do: Atom.to_string(key)
  def text!(_), do: raise(ArgumentError, "a flag's key is an atom or a string")

  defp ask(engine, client, key, place) do
    request = IO.iodata_to_binary([Msgpack.array(6), sent(key), @nobody, @no_groups, 0, 0, @no_attributes])
    written = answered(engine, client, fn -> Native.needs(engine.pool, request) end)
    {:ok, [groups, names, number, now, roll]} = Msgpack.unpack_all(written)
    packed = answered(engine, client, fn -> Native.evaluate(engine.pool, request) end)

    # A name that isn't valid Unicode can become the one that is looked for, so that all have to be seen.
    attributes =
      if names != nil and not Enum.any?(names, &String.contains?(&1, "\uFFFD")),
        do: Enum.map(names, &{&1, existing_atom(&1)})

    fixed = if (packed &&& (@fixed ||| @has_variant ||| @has_target)) == @fixed or packed == 0, do: packed
    alone? = groups == [] and attributes == [] and not now and not roll
    needs = {place, number || -1, groups, attributes, now, roll, fixed, alone?}

    if number != nil or (byte_size(key) <= @longest_key and Client.count(client, :strangers) <= @unknown),
      do: :ets.insert(client.table, needs)

    needs
  end

  # A key as a request has it. One that is too long to be a flag's is cut, and still is no flag's.
  defp sent(key) when byte_size(key) > @longest_key,
    do: key |> binary_part(0, @longest_key + 1) |> Values.text() |> Msgpack.str()

  defp sent(key), do: Msgpack.str(key)

  defp existing_atom(name) do
    String.to_existing_atom(name)
  rescue
    _ -> nil
  end

  @doc "Every group that deciding the flags can ask for."
  def groups(engine, client, keys) do
    keys |> Enum.flat_map(&elem(needs(engine, client, &1), 2)) |> Enum.uniq()
  end

  # The request for one flag, by what it needs: often nothing but who the actor is.
  defp request({_, number, _, _, _, _, _, true}, _, %Asking{for: actor, groups: nil, wrong: []})
       when is_binary(actor) and byte_size(actor) < 32 do
    <<0x92, numbered(number)::binary, Msgpack.str(Values.text(actor))::binary>>
  end

  defp request({_, number, _, _, _, _, _, true}, _, %Asking{
         for: %Context{actor: actor, unreadable: []},
         groups: nil,
         context: nil
       })
       when is_binary(actor) and byte_size(actor) < 32 do
    <<0x92, numbered(number)::binary, Msgpack.str(actor)::binary>>
  end

  defp request({_, number, named, names, timed?, chanced?, _, _}, client, asking) do
    context = Context.of(asking, names)
    if context.unreadable != [], do: tell(client, context, 1)
    groups = if named == [] and names != nil, do: [], else: Context.member_of(context, named)
    now = if timed?, do: asking.now || System.os_time(:microsecond), else: 0
    roll = if chanced?, do: asking.roll || chance(), else: 0
    written([numbered(number)], context.actor, groups, now, roll, Context.known(context, names))
  end

  # The request with all that there is.
  defp whole(flags, context, named, names, asking) do
    groups = if named == [] and names != nil, do: [], else: Context.member_of(context, named)

    written(
      flags,
      context.actor,
      groups,
      asking.now || System.os_time(:microsecond),
      asking.roll || chance(),
      Context.known(context, names)
    )
  end

  defp written(flags, actor, groups, now, roll, attributes) do
    IO.iodata_to_binary([
      Msgpack.array(6),
      flags,
      Msgpack.pack(actor),
      [Msgpack.array(length(groups)) | Enum.map(groups, &Msgpack.str/1)],
      Msgpack.integer(signed(now)),
      Msgpack.integer(signed(roll)),
      attributes
    ])
  end

  # -1 is the number of no flag.
  defp numbered(number), do: Msgpack.integer(number)

  # 64 bits as a number with a sign; a negative one stands for its two's complement.
  defp signed(n) do
    <<bits::signed-64>> = <<n::64>>
    bits
  end

  defp chance, do: :rand.uniform(1 <<< 64) - 1

  defp decision(engine, key, packed, variant, payload, target) do
    Decision.new(key, packed, variant, payload, target, engine.revision)
  end

  defp tell(_, %Context{unreadable: []}, _), do: :ok
  defp tell(client, %Context{unreadable: wrong}, decisions), do: Client.unreadable(client, wrong, decisions)

  # The answer of the engine. Instances that trapped are replaced, and it is asked once more; then it is the request.
  defp answered(engine, client, ask) do
    case ask.() do
      code when is_integer(code) and code < 0 -> again(engine, client, ask, code)
      answer -> answer
    end
  end

  defp again(engine, client, ask, -100) do
    Client.count(client, :traps)
    Logger.error("the engine stopped in the middle of a decision, and is made again from the snapshot that serves")
    Native.mend(engine.pool)

    case ask.() do
      code when is_integer(code) and code < 0 ->
        if code == Native.trapped(), do: Native.mend(engine.pool)
        raise EngineError, "the engine answered #{code}"

      answer ->
        answer
    end
  end

  defp again(_, _, _, code), do: raise(EngineError, "the engine answered #{code}")
end
