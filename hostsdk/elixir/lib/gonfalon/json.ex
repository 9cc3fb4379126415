defmodule Gonfalon.JSON do
  @moduledoc false
  # A small, strict reader and a writer of JSON (RFC 8259). Why: RATIONALE.md "Why does the Elixir SDK read JSON itself?"
  #
  # A document may nest 64 deep, a number have 400 digits;
  # of two members with one name the later counts. Integers are exact.

  @max_depth 64
  @max_digits 400

  @type value :: nil | boolean | number | String.t() | [value] | %{String.t() => value}

  @doc "Reads a document. `{:error, where}` has the byte offset of what can't be read."
  @spec decode(binary) :: {:ok, value} | {:error, non_neg_integer}
  def decode(text) when is_binary(text) do
    {value, rest} = value(space(text), @max_depth)

    case space(rest) do
      "" -> {:ok, value}
      rest -> {:error, byte_size(text) - byte_size(rest)}
    end
  catch
    {:unreadable, rest} -> {:error, byte_size(text) - byte_size(rest)}
  end

  defp space(<<c, rest::binary>>) when c in [?\s, ?\t, ?\n, ?\r], do: space(rest)
  defp space(rest), do: rest

  defp value("null" <> rest, _), do: {nil, rest}
  defp value("true" <> rest, _), do: {true, rest}
  defp value("false" <> rest, _), do: {false, rest}
  defp value("\"" <> rest, _), do: string(rest, rest, 0, [])
  defp value("[" <> _ = text, 0), do: unreadable(text)
  defp value("{" <> _ = text, 0), do: unreadable(text)

  defp value("[" <> rest, depth) do
    case space(rest) do
      "]" <> rest -> {[], rest}
      rest -> items(rest, depth - 1, [])
    end
  end

  defp value("{" <> rest, depth) do
    case space(rest) do
      "}" <> rest -> {%{}, rest}
      rest -> members(rest, depth - 1, %{})
    end
  end

  defp value(<<c, _::binary>> = text, _) when c == ?- or c in ?0..?9, do: number(text)
  defp value(text, _), do: unreadable(text)

  defp items(text, depth, found) do
    {item, rest} = value(space(text), depth)

    case space(rest) do
      "," <> rest -> items(rest, depth, [item | found])
      "]" <> rest -> {Enum.reverse(found, [item]), rest}
      rest -> unreadable(rest)
    end
  end

  defp members(text, depth, found) do
    with "\"" <> rest <- space(text),
         {name, rest} = string(rest, rest, 0, []),
         ":" <> rest <- space(rest) do
      {value, rest} = value(space(rest), depth)
      found = Map.put(found, name, value)

      case space(rest) do
        "," <> rest -> members(rest, depth, found)
        "}" <> rest -> {found, rest}
        rest -> unreadable(rest)
      end
    else
      rest -> unreadable(rest)
    end
  end

  # `from` is where the plain text that isn't in `found` yet begins, `n` how long it is.
  defp string("\"" <> rest, from, n, found), do: {joined(from, n, found), rest}

  defp string("\\" <> rest = text, from, n, found) do
    {character, rest} = escaped(rest, text)
    string(rest, rest, 0, [found, binary_part(from, 0, n) | character])
  end

  defp string(<<c::utf8, rest::binary>>, from, n, found) when c >= 0x20 do
    string(rest, from, n + utf8_size(c), found)
  end

  defp string(text, _, _, _), do: unreadable(text)

  defp joined(from, n, []), do: :binary.copy(binary_part(from, 0, n))
  defp joined(from, n, found), do: IO.iodata_to_binary([found | binary_part(from, 0, n)])

  defp utf8_size(c) when c < 0x80, do: 1
  defp utf8_size(c) when c < 0x800, do: 2
  defp utf8_size(c) when c < 0x10000, do: 3
  defp utf8_size(_), do: 4

  for {sign, character} <- [
        {?", "\""},
        {?\\, "\\"},
        {?/, "/"},
        {?b, "\b"},
        {?f, "\f"},
        {?n, "\n"},
        {?r, "\r"},
        {?t, "\t"}
      ] do
    defp escaped(<<unquote(sign), rest::binary>>, _), do: {unquote(character), rest}
  end

  defp escaped(<<?u, hex::binary-size(4), rest::binary>>, text) do
    case {unit(hex, text), rest} do
      {high, <<"\\u", hex::binary-size(4), after_pair::binary>>} when high in 0xD800..0xDBFF ->
        case unit(hex, text) do
          low when low in 0xDC00..0xDFFF -> {<<0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00)::utf8>>, after_pair}
          _ -> {"\uFFFD", rest}
        end

      {lone, _} when lone in 0xD800..0xDFFF ->
        {"\uFFFD", rest}

      {c, _} ->
        {<<c::utf8>>, rest}
    end
  end

  defp escaped(_, text), do: unreadable(text)

  defp unit(hex, text) do
    if hex =~ ~r/\A[0-9a-fA-F]{4}\z/, do: String.to_integer(hex, 16), else: unreadable(text)
  end

  defp number(text) do
    with [written] <- Regex.run(~r/\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/, text),
         true <- byte_size(written) <= @max_digits,
         rest = binary_part(text, byte_size(written), byte_size(text) - byte_size(written)),
         {:ok, n} <- read_number(written) do
      {n, rest}
    else
      _ -> unreadable(text)
    end
  end

  defp read_number(written) do
    case Integer.parse(written) do
      {n, ""} ->
        {:ok, n}

      {_, _} ->
        case Float.parse(written) do
          {x, ""} -> {:ok, x}
          _ -> :error
        end
    end
  rescue
    ArgumentError -> :error
  end

  @spec unreadable(binary) :: no_return
  defp unreadable(rest), do: throw({:unreadable, rest})

  @doc "A value as JSON. Keys of maps are strings or atoms, in ascending order; an atom is its name."
  @spec encode(term) :: iodata
  def encode(nil), do: "null"
  def encode(value) when is_boolean(value), do: Atom.to_string(value)
  def encode(value) when is_atom(value), do: quoted(Atom.to_string(value))
  def encode(value) when is_integer(value), do: Integer.to_string(value)
  def encode(value) when is_float(value), do: Float.to_string(value)
  def encode(value) when is_binary(value), do: quoted(value)
  def encode([]), do: "[]"
  def encode(list) when is_list(list), do: [?[, list |> Enum.map(&encode/1) |> Enum.intersperse(?,), ?]]

  def encode(map) when is_map(map) do
    members =
      map
      |> Enum.map(fn {name, value} -> {to_string(name), value} end)
      |> Enum.sort()
      |> Enum.map(fn {name, value} -> [quoted(name), ?: | encode(value)] end)

    [?{, Enum.intersperse(members, ?,), ?}]
  end

  defp quoted(text) do
    [?", for(<<c::utf8 <- Gonfalon.Values.text(text)>>, do: character(c)), ?"]
  end

  defp character(?"), do: "\\\""
  defp character(?\\), do: "\\\\"
  defp character(?\n), do: "\\n"
  defp character(?\r), do: "\\r"
  defp character(?\t), do: "\\t"

  defp character(c) when c < 0x20,
    do: ["\\u", c |> Integer.to_string(16) |> String.downcase() |> String.pad_leading(4, "0")]

  defp character(c), do: <<c::utf8>>
end
