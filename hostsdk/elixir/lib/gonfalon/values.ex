defmodule Gonfalon.Values do
  @moduledoc false
  # A context's values in the form in which the module reads them, which is the same in every SDK: a float without a fraction within
  # ±2^53 is an integer, integers beyond int64 stay exact (ext type 1, decimal digits), what is not valid Unicode becomes U+FFFD,
  # times are ISO 8601 in UTC, and what has no place in the engine's values (tuples, functions, other structs …) is null.

  alias Gonfalon.Msgpack

  @max_attributes 256
  # Groups and attributes of a context, and values in the lists and maps of one attribute.
  @max_listed 100_000
  # Of lists and maps in one another: nobody targets deeper, and it bounds the work.
  @max_depth 16
  # 39,000 digits: writing more takes time that grows with their square.
  @max_integer Bitwise.bsl(1, 131_072)
  # Up to here a float holds every integer.
  @exact 9_007_199_254_740_992

  @least -0x8000000000000000
  @greatest 0x7FFFFFFFFFFFFFFF

  def max_attributes, do: @max_attributes
  def max_listed, do: @max_listed
  def exact, do: @exact

  @doc "The string itself, or with U+FFFD for each byte that isn't valid Unicode."
  @spec text(binary) :: String.t()
  def text(given), do: if(String.valid?(given), do: given, else: replaced(given, []))

  defp replaced(<<c::utf8, rest::binary>>, found), do: replaced(rest, [found | <<c::utf8>>])
  defp replaced(<<_, rest::binary>>, found), do: replaced(rest, [found | "\uFFFD"])
  defp replaced(<<>>, found), do: IO.iodata_to_binary(found)

  @doc "An integer in decimal digits; nil if it takes too long to write."
  @spec digits(integer) :: String.t() | nil
  def digits(n) when n < @max_integer and n > -@max_integer, do: Integer.to_string(n)
  def digits(_), do: nil

  @doc "The value of an attribute, packed; :too_many if its lists and maps have more values than are read."
  @spec attribute(term) :: iodata | :too_many
  def attribute(value) when not (is_list(value) or is_map(value)), do: pack(value)
  def attribute(value), do: if(room(value, 0, @max_listed) < 0, do: :too_many, else: pack(value))

  # How many values may still come after those of a list or a map, as far down as they are read; below 0 there are too many.
  defp room(_, depth, left) when depth >= @max_depth or left < 0, do: left
  defp room(value, _, left) when is_struct(value), do: left
  defp room([item | rest], depth, left), do: room(rest, depth, room(item, depth + 1, left - 1))

  defp room(value, _, left) when is_map(value) and map_size(value) > left, do: -1

  defp room(value, depth, left) when is_map(value),
    do: Enum.reduce(value, left - map_size(value), fn {_, item}, left -> room(item, depth + 1, left) end)

  defp room(_, _, left), do: left

  @doc "One value, packed. `depth` counts the lists and maps around it."
  @spec pack(term, non_neg_integer) :: iodata
  def pack(value, depth \\ 0)
  def pack(nil, _), do: <<0xC0>>
  def pack(value, _) when is_boolean(value), do: Msgpack.pack(value)
  def pack(value, _) when is_atom(value), do: Msgpack.str(Atom.to_string(value))
  def pack(value, _) when is_binary(value), do: Msgpack.str(text(value))
  def pack(value, _) when is_integer(value) and value >= @least and value <= @greatest, do: Msgpack.integer(value)

  def pack(value, _) when is_integer(value) do
    case digits(value) do
      nil -> <<0xC0>>
      digits -> Msgpack.pack({:ext, 1, digits})
    end
  end

  def pack(value, _) when is_float(value) do
    if trunc(value) == value and abs(value) <= @exact, do: Msgpack.integer(trunc(value)), else: Msgpack.pack(value)
  end

  def pack(%DateTime{} = value, _), do: value |> DateTime.to_unix(:microsecond) |> moment() |> Msgpack.str()
  # A time without a zone is taken as UTC, never as the host's.
  def pack(%NaiveDateTime{} = value, depth), do: value |> DateTime.from_naive!("Etc/UTC") |> pack(depth)
  def pack(%Date{} = value, _), do: value |> Date.to_iso8601() |> Msgpack.str()
  def pack(value, _) when is_struct(value), do: <<0xC0>>

  def pack(value, depth) when (is_list(value) or is_map(value)) and depth >= @max_depth, do: <<0xC0>>

  def pack(value, depth) when is_list(value) do
    if List.improper?(value) do
      <<0xC0>>
    else
      [Msgpack.array(length(value)) | Enum.map(value, &pack(&1, depth + 1))]
    end
  end

  def pack(value, depth) when is_map(value) do
    case named(value) do
      nil ->
        <<0xC0>>

      pairs ->
        [
          Msgpack.map(length(pairs))
          | Enum.map(pairs, fn {name, item} -> [Msgpack.str(name) | pack(item, depth + 1)] end)
        ]
    end
  end

  def pack(_, _), do: <<0xC0>>

  # The pairs of a map, ascending by their keys as text. Most maps have texts alone, and are sorted as they are.
  defp named(map) do
    pairs = Enum.sort(map)

    if Enum.all?(pairs, fn {name, _} -> is_binary(name) and String.valid?(name) end) do
      pairs
    else
      with %{} = names <- names(map), do: Enum.sort(names)
    end
  end

  # A map by its keys as text; nil if one is neither a string nor an atom. A string counts before an atom of its name.
  defp names(map) do
    Enum.reduce_while(map, %{}, fn
      {name, value}, names when is_binary(name) -> {:cont, Map.put(names, text(name), value)}
      {name, value}, names when is_atom(name) -> {:cont, Map.put_new(names, Atom.to_string(name), value)}
      _, _ -> {:halt, nil}
    end)
  end

  @doc "A time in Unix microseconds as ISO 8601 in UTC, without trailing zeros."
  @spec moment(integer) :: String.t()
  def moment(at) do
    whole =
      at |> Integer.floor_div(1_000_000) |> DateTime.from_unix!() |> DateTime.to_naive() |> NaiveDateTime.to_iso8601()

    case Integer.mod(at, 1_000_000) do
      0 -> whole <> "Z"
      part -> "#{whole}.#{part |> Integer.to_string() |> String.pad_leading(6, "0") |> String.trim_trailing("0")}Z"
    end
  end
end
