defmodule Gonfalon.Snapshots do
  @moduledoc "Snapshots and deltas of tests."

  alias Gonfalon.{Changes, Msgpack, Test}

  @lineage <<1::128>>

  @doc "A snapshot of flags that are on or off, or (a list) have these gates."
  def snapshot(flags, options \\ []) do
    documents =
      Map.new(flags, fn {key, value} ->
        {to_string(key), %{"key" => to_string(key), "gates" => gates(value), "off_variant" => nil}}
      end)

    Test.Compiler.snapshot(documents, %{}, nil, Keyword.merge([environment: "default", lineage: @lineage], options))
  end

  defp gates(value) when is_boolean(value), do: [%{"type" => "boolean", "enabled" => value}]
  defp gates(gates), do: gates

  @doc "A schedule from and until a time in Unix microseconds."
  def schedule(from, until) do
    %{
      "type" => "schedule",
      "from" => from && Gonfalon.Values.moment(from),
      "until" => until && Gonfalon.Values.moment(until)
    }
  end

  @doc "The delta from one snapshot to another, by FORMAT.md."
  def delta(base, result) do
    {:ok, [_, _, _, {:bin, base_id}]} = Msgpack.unpack_all(base)
    {:ok, [header, _, _, id]} = Msgpack.unpack_all(result)
    [old, new] = Enum.map([base, result], &Changes.records/1)

    IO.iodata_to_binary(
      Msgpack.pack([
        header,
        {:bin, base_id},
        difference(old.segments, new.segments),
        difference(old.flags, new.flags),
        id
      ])
    )
  end

  defp difference(old, new) do
    for key <- Enum.sort(Enum.uniq(Map.keys(old) ++ Map.keys(new))),
        old[key] != new[key],
        do: [key, new[key] && {:bin, new[key]}]
  end
end
