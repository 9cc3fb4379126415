defmodule Gonfalon.Changes do
  @moduledoc false
  # Which flags another snapshot, or the time, can decide otherwise. It reads the records of FORMAT.md; both snapshots have been loaded,
  # so they are sound, but a newer server may have written some in a form that isn't known here.
  #
  # Why: RATIONALE.md "Why do SDKs read flags' records?"

  alias Gonfalon.Msgpack

  # The ends of a window that has none.
  @open [-0x8000000000000000, 0x7FFFFFFFFFFFFFFF]
  @denied 1
  @allowed 2

  defstruct settings: nil, segments: %{}, flags: %{}

  @doc "A snapshot's records by key; of nil, none."
  def records(nil), do: %__MODULE__{}

  def records(data) do
    {:ok, [header, segments, flags, _]} = Msgpack.unpack_all(data)
    %__MODULE__{settings: Enum.at(header, 5), segments: by_key(segments), flags: by_key(flags)}
  end

  defp by_key(records), do: Map.new(records, fn [key, {:bin, record}] -> {key, record} end)

  @doc "The environment's setting of which of an actor's groups win: `:deny_wins`, `:allow_wins`, or nil if it is of a newer kind."
  def group_conflict(data) do
    with {:ok, header} <- header(data), [0 | _] <- Enum.at(header, 5) do
      :deny_wins
    else
      [1 | _] -> :allow_wins
      _ -> nil
    end
  end

  @doc "Whether a snapshot has any schedule. It reads the header alone."
  def schedules?(data) do
    case header(data) do
      {:ok, header} -> header |> Enum.at(6) |> Enum.at(8) > 0
      :error -> false
    end
  end

  defp header(<<0x94, rest::binary>>) do
    with {:ok, header, _} <- Msgpack.unpack(rest), do: {:ok, header}
  end

  defp header(_), do: :error

  @doc "The keys of every flag whose decision can differ, ascending."
  def changed(old, new) do
    {before, later} = {records(old), records(new)}
    every = keys(before.flags, later.flags)
    own = Enum.filter(every, &(Map.get(before.flags, &1) != Map.get(later.flags, &1)))

    torn =
      if old != nil and before.settings != later.settings,
        do: Enum.filter(every, &(torn?(before, &1) or torn?(later, &1))),
        else: []

    segments =
      before.segments
      |> keys(later.segments)
      |> Enum.filter(&(Map.get(before.segments, &1) != Map.get(later.segments, &1)))
      |> MapSet.new()

    users =
      if MapSet.size(segments) == 0,
        do: [],
        else:
          Enum.filter(every, fn key ->
            Enum.any?(segments_of(before, key) ++ segments_of(later, key), &(&1 in segments))
          end)

    with_dependents(own ++ torn ++ users, [before, later])
  end

  defp keys(one, other), do: one |> Map.keys() |> Kernel.++(Map.keys(other)) |> Enum.uniq()

  # These flags, and those that require one of them, through any number of parents, in one of the snapshots.
  defp with_dependents(keys, snapshots) do
    children =
      for records <- snapshots, {key, _} <- records.flags, parent <- parents_of(records, key), reduce: %{} do
        children -> Map.update(children, parent, [key], &[key | &1])
      end

    keys |> spread(MapSet.new(), children) |> Enum.sort()
  end

  defp spread([], found, _), do: found

  defp spread([key | rest], found, children) do
    if key in found,
      do: spread(rest, found, children),
      else: spread(Map.get(children, key, []) ++ rest, MapSet.put(found, key), children)
  end

  @doc "When the schedules of a snapshot open and close: {records, [{Unix microseconds, key}] ascending}."
  def edges(data) do
    records = records(data)

    {records,
     Enum.sort(for {key, _} <- records.flags, edge <- windows_of(records, key), edge not in @open, do: {edge, key})}
  end

  @doc "The flags whose decision the edges after one time and not after another can change, ascending."
  def passed({records, edges}, since, until) do
    with_dependents(for({at, key} <- edges, at > since, at <= until, do: key), [records])
  end

  @doc "The first edge after a time; nil if there is none."
  def next_edge({_, edges}, since), do: Enum.find_value(edges, fn {at, _} -> if at > since, do: at end)

  @doc """
  When deciding the flag looks at who the actor is: `:parents` if a flag that it requires does, `:first` if a gate names actors, `:last` if
  there is only a percentage of them; nil if it never does.
  """
  def by_actor(data, key) do
    records = records(data)
    parents = ancestors(records, parents_of(records, key), MapSet.new())

    if Enum.any?(parents, &own_by_actor(records, &1)), do: :parents, else: own_by_actor(records, key)
  end

  defp own_by_actor(records, key) do
    case record(records, key) do
      [_, _, _, _, actors | _] when actors != [] -> :first
      [_, score | _] when score != 0 -> :last
      _ -> nil
    end
  end

  defp ancestors(_, [], found), do: found

  defp ancestors(records, [key | rest], found) do
    if key in found,
      do: ancestors(records, rest, found),
      else: ancestors(records, parents_of(records, key) ++ rest, MapSet.put(found, key))
  end

  @doc "Whether the flag requires another one."
  def child?(data, key), do: data |> records() |> parents_of(key) != []

  # A flag's record; nothing if it is of an unknown form.
  defp record(records, key) do
    with {:ok, written} <- Map.fetch(records.flags, key),
         {:ok, record} when is_list(record) <- Msgpack.unpack_all(written) do
      record
    else
      _ -> []
    end
  end

  # A list in a flag's record.
  defp part(records, key, index) do
    case Enum.at(record(records, key), index) do
      part when is_list(part) -> part
      _ -> []
    end
  end

  defp segments_of(records, key),
    do: for([_, source | _] <- part(records, key, 6), is_binary(source), do: source)

  defp parents_of(records, key),
    do: for(parent <- Enum.take_every(part(records, key, 8), 2), is_binary(parent), do: parent)

  defp windows_of(records, key), do: for(edge <- part(records, key, 9), is_integer(edge), do: edge)

  # Whether a flag allows some groups and denies others, so that the setting of which win matters.
  defp torn?(records, key) do
    states = records |> part(key, 5) |> Enum.drop(1) |> Enum.take_every(2)
    Enum.any?(states, &(&1 != @allowed)) and Enum.any?(states, &(&1 != @denied))
  end
end
