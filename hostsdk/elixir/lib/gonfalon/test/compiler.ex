defmodule Gonfalon.Test.Compiler do
  @moduledoc false
  # A snapshot of flags as documents, in the bytes that engine/snapshot/FORMAT.md describes, over the records of a base.

  alias Gonfalon.{Changes, JSON, Msgpack, Values}

  @operators ~w(eq neq in not_in contains gt gte lt lte matches never semver_gte semver_lt starts_with ends_with)
  @scores 65_536
  @draws 10_000
  @least -0x8000000000000000
  @greatest 0x7FFFFFFFFFFFFFFF

  @doc "The snapshot's bytes. Documents are by key; `base` is a snapshot or nil."
  @spec snapshot(map, map, binary | nil, keyword) :: binary
  def snapshot(flags, segments, base, options \\ []) do
    below = Changes.records(base)
    flags = over(below.flags, flags, &flag/1)
    segments = over(below.segments, segments, &constraints(&1["constraints"]))
    settings = below.settings || [if(options[:group_conflict] == :allow_wins, do: 1, else: 0)]
    lineage = Keyword.get(options, :lineage, <<0::128>>)

    header = [
      "gonfalon",
      1,
      options[:environment] || "test",
      {:bin, lineage},
      options[:revision] || 1,
      settings,
      counts(flags, segments)
    ]

    # An array of 4, of which the last is the id: SHA-256 of every byte before it.
    sealed =
      IO.iodata_to_binary([
        <<0x94>>,
        Msgpack.pack(header),
        Msgpack.pack(listed(segments)),
        Msgpack.pack(listed(flags)),
        <<0xC4, 32>>
      ])

    sealed <> :crypto.hash(:sha256, sealed)
  end

  defp over(base, documents, record),
    do:
      Map.merge(
        base,
        Map.new(documents, fn {key, document} ->
          {key, document |> record.() |> Msgpack.pack() |> IO.iodata_to_binary()}
        end)
      )

  defp listed(records), do: for({key, record} <- Enum.sort(records), do: [key, {:bin, record}])

  defp flag(document) do
    by = Enum.group_by(document["gates"], & &1["type"])
    variants = variants(Map.get(by, "variant", []))

    [
      if(Enum.any?(Map.get(by, "boolean", []), & &1["enabled"]), do: 1, else: 0) +
        if(document["killed"], do: 2, else: 0),
      case(by["percentage_of_actors"],
        do:
          (
            nil -> 0
            [gate] -> granted(@scores, &(&1 / @scores <= gate["ratio"]))
          )
      ),
      case(by["percentage_of_time"],
        do:
          (
            nil -> 0
            [gate] -> 1 + granted(@draws, &((&1 + 1) / @draws <= gate["ratio"]))
          )
      ),
      1 + (Enum.find_index(variants, fn [name | _] -> name == document["off_variant"] end) || -1),
      targets(by["actor"]),
      targets(by["group"]),
      for(
        %{"type" => type, "enabled" => true} = gate <- document["gates"],
        type in ["rule", "segment"],
        do: [0, gate["target"] || constraints(gate["constraints"])]
      ),
      variants,
      for(gate <- Map.get(by, "prerequisite", []), part <- [gate["target"], gate["enabled"]], do: part),
      Enum.flat_map(Map.get(by, "schedule", []), &window/1)
    ]
  end

  defp targets(gates) do
    for gate <- Enum.sort_by(gates || [], & &1["target"]),
        part <- [gate["target"], if(gate["enabled"], do: 2, else: 1)],
        do: part
  end

  defp variants([]), do: []

  defp variants([%{"variants" => variants}]) do
    sorted = Enum.sort_by(variants, & &1["name"])
    total = sorted |> Enum.map(& &1["weight"]) |> Enum.sum()

    {records, _} =
      Enum.map_reduce(sorted, 0.0, fn variant, sum ->
        sum = sum + variant["weight"]

        payload =
          if is_map_key(variant, "payload"), do: {:bin, variant["payload"] |> JSON.encode() |> IO.iodata_to_binary()}

        {[variant["name"], granted(@scores, &(&1 / @scores * total < sum)), payload], sum}
      end)

    # The last variant takes the scores that rounding leaves over.
    List.update_at(records, -1, &List.replace_at(&1, 1, @scores))
  end

  # How many of the first n numbers hold, which those do that are small enough.
  defp granted(n, holds), do: search(0, n, holds)
  defp search(low, low, _), do: low

  defp search(low, high, holds) do
    middle = div(low + high, 2)
    if holds.(middle), do: search(middle + 1, high, holds), else: search(low, middle, holds)
  end

  defp constraints(constraints) do
    for constraint <- constraints do
      operator =
        Enum.find_index(@operators, &(&1 == constraint["operator"])) ||
          raise ArgumentError, "there is no operator #{inspect(constraint["operator"])}"

      if constraint["operator"] == "matches" do
        raise ArgumentError,
              "a test can't compile a pattern: make a snapshot with gonfalon compile, and start the test's flags from it"
      end

      [constraint["attribute"], operator, Enum.map(constraint["values"], &{:raw, Values.pack(&1)}), nil]
    end
  end

  defp window(gate) do
    [from, until] = [bound(gate["from"], @least), bound(gate["until"], @greatest)]
    if from < until, do: [from, until], else: []
  end

  defp bound(nil, open), do: open

  defp bound(text, _) do
    case DateTime.from_iso8601(text) do
      {:ok, at, _} -> DateTime.to_unix(at, :microsecond)
      _ -> raise ArgumentError, "#{inspect(text)} is no time, such as 2026-11-27T00:00:00Z"
    end
  end

  # Totals over all records, by which a reader reserves memory.
  defp counts(flags, segments) do
    records = for {_, record} <- flags, {:ok, read} = Msgpack.unpack_all(record), do: read
    rules = Enum.flat_map(records, &Enum.at(&1, 6))

    constraints =
      for([_, source] <- rules, is_list(source), c <- source, do: c) ++
        for({_, record} <- segments, {:ok, read} = Msgpack.unpack_all(record), c <- read, do: c)

    programs = for [_, _, _, [_, _, _] = program] <- constraints, do: program

    [
      map_size(flags),
      map_size(segments),
      records |> Enum.flat_map(&[Enum.at(&1, 4), Enum.at(&1, 5)]) |> Enum.map(&slots(div(length(&1), 2))) |> Enum.sum(),
      length(rules),
      length(constraints),
      constraints |> Enum.map(fn [_, _, values, _] -> length(values) end) |> Enum.sum(),
      records |> Enum.map(&length(Enum.at(&1, 7))) |> Enum.sum(),
      records |> Enum.map(&div(length(Enum.at(&1, 8)), 2)) |> Enum.sum(),
      records |> Enum.map(&div(length(Enum.at(&1, 9)), 2)) |> Enum.sum(),
      length(programs),
      programs |> Enum.map(fn [_, instructions, _] -> div(length(instructions), 4) end) |> Enum.sum(),
      programs |> Enum.map(fn [_, _, ranges] -> length(ranges) end) |> Enum.sum()
    ]
  end

  defp slots(0), do: 0
  defp slots(n), do: 2 |> Stream.iterate(&(&1 * 2)) |> Enum.find(&(&1 >= n + div(n, 2)))
end
