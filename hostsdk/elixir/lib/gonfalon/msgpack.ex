defmodule Gonfalon.Msgpack do
  @moduledoc false
  # Writes and reads the msgpack of the module's ABI. Text that isn't valid Unicode is the caller's business.

  @max_depth 64

  @type term_ ::
          nil
          | boolean
          | integer
          | float
          | binary
          | {:ext, 0..127, binary}
          | {:bin, binary}
          | [term_]
          | {:map, [{binary, term_}]}

  @doc "A value as msgpack in its shortest form: binaries are str, `{:bin, b}` is bin, `{:map, pairs}` keeps its order."
  @spec pack(term_) :: iodata
  def pack(nil), do: <<0xC0>>
  def pack(false), do: <<0xC2>>
  def pack(true), do: <<0xC3>>
  def pack(n) when is_integer(n), do: integer(n)
  def pack(x) when is_float(x), do: <<0xCB, x::float>>
  def pack(text) when is_binary(text), do: str(text)
  def pack(list) when is_list(list), do: [array(length(list)) | Enum.map(list, &pack/1)]
  def pack({:map, pairs}), do: [map(length(pairs)) | Enum.map(pairs, fn {key, value} -> [str(key) | pack(value)] end)]
  def pack({:bin, data}), do: bin(data)
  # What is packed already.
  def pack({:raw, data}), do: data
  def pack({:ext, type, data}), do: ext(type, data)

  def integer(n) when n >= 0 and n < 0x80, do: <<n>>
  def integer(n) when n < 0 and n >= -0x20, do: <<n::8>>
  def integer(n) when n >= 0 and n < 0x100, do: <<0xCC, n>>
  def integer(n) when n >= 0 and n < 0x10000, do: <<0xCD, n::16>>
  def integer(n) when n >= 0 and n < 0x100000000, do: <<0xCE, n::32>>
  def integer(n) when n >= 0, do: <<0xCF, n::64>>
  def integer(n) when n >= -0x80, do: <<0xD0, n::8>>
  def integer(n) when n >= -0x8000, do: <<0xD1, n::16>>
  def integer(n) when n >= -0x80000000, do: <<0xD2, n::32>>
  def integer(n), do: <<0xD3, n::64>>

  def str(text) when byte_size(text) < 32, do: <<0xA0 + byte_size(text), text::binary>>
  def str(text) when byte_size(text) < 0x100, do: <<0xD9, byte_size(text), text::binary>>
  def str(text) when byte_size(text) < 0x10000, do: <<0xDA, byte_size(text)::16, text::binary>>
  def str(text), do: [<<0xDB, byte_size(text)::32>>, text]

  def array(n) when n < 16, do: <<0x90 + n>>
  def array(n) when n < 0x10000, do: <<0xDC, n::16>>
  def array(n), do: <<0xDD, n::32>>

  def map(n) when n < 16, do: <<0x80 + n>>
  def map(n) when n < 0x10000, do: <<0xDE, n::16>>
  def map(n), do: <<0xDF, n::32>>

  defp bin(data) when byte_size(data) < 0x100, do: <<0xC4, byte_size(data), data::binary>>
  defp bin(data) when byte_size(data) < 0x10000, do: <<0xC5, byte_size(data)::16, data::binary>>
  defp bin(data), do: [<<0xC6, byte_size(data)::32>>, data]

  defp ext(type, data) when byte_size(data) in [1, 2, 4, 8, 16] do
    <<0xD4 + trunc(:math.log2(byte_size(data))), type, data::binary>>
  end

  defp ext(type, data) when byte_size(data) < 0x100, do: <<0xC7, byte_size(data), type, data::binary>>
  defp ext(type, data) when byte_size(data) < 0x10000, do: <<0xC8, byte_size(data)::16, type, data::binary>>
  defp ext(type, data), do: [<<0xC9, byte_size(data)::32, type>>, data]

  @doc """
  Reads one value from the front of the bytes. Maps are `{:map, pairs}`, bin is `{:bin, b}`, ext 1 (a long integer in digits) an
  integer where it is one, any other ext `{:ext, type, data}`. A float that Erlang can't hold is nil.
  """
  @spec unpack(binary) :: {:ok, term_, binary} | :error
  def unpack(data) when is_binary(data) do
    {value, rest} = read(data, @max_depth)
    {:ok, value, rest}
  catch
    :malformed -> :error
  end

  @doc "Reads bytes that are exactly one value."
  @spec unpack_all(binary) :: {:ok, term_} | :error
  def unpack_all(data) do
    case unpack(data) do
      {:ok, value, <<>>} -> {:ok, value}
      _ -> :error
    end
  end

  defp read(_, 0), do: throw(:malformed)
  defp read(<<0::1, n::7, rest::binary>>, _), do: {n, rest}
  defp read(<<0b1000::4, n::4, rest::binary>>, depth), do: pairs(n, rest, depth)
  defp read(<<0b1001::4, n::4, rest::binary>>, depth), do: items(n, rest, depth)
  defp read(<<0b101::3, n::5, text::binary-size(n), rest::binary>>, _), do: {text, rest}
  defp read(<<0b111::3, n::5, rest::binary>>, _), do: {n - 32, rest}
  defp read(<<0xC0, rest::binary>>, _), do: {nil, rest}
  defp read(<<0xC2, rest::binary>>, _), do: {false, rest}
  defp read(<<0xC3, rest::binary>>, _), do: {true, rest}
  defp read(<<0xC4, n, data::binary-size(n), rest::binary>>, _), do: {{:bin, data}, rest}
  defp read(<<0xC5, n::16, data::binary-size(n), rest::binary>>, _), do: {{:bin, data}, rest}
  defp read(<<0xC6, n::32, data::binary-size(n), rest::binary>>, _), do: {{:bin, data}, rest}
  defp read(<<0xC7, n, type, data::binary-size(n), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xC8, n::16, type, data::binary-size(n), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xC9, n::32, type, data::binary-size(n), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xCA, x::float-32, rest::binary>>, _), do: {x, rest}
  defp read(<<0xCA, _::32, rest::binary>>, _), do: {nil, rest}
  defp read(<<0xCB, x::float, rest::binary>>, _), do: {x, rest}
  defp read(<<0xCB, _::64, rest::binary>>, _), do: {nil, rest}
  defp read(<<0xCC, n, rest::binary>>, _), do: {n, rest}
  defp read(<<0xCD, n::16, rest::binary>>, _), do: {n, rest}
  defp read(<<0xCE, n::32, rest::binary>>, _), do: {n, rest}
  defp read(<<0xCF, n::64, rest::binary>>, _), do: {n, rest}
  defp read(<<0xD0, n::signed-8, rest::binary>>, _), do: {n, rest}
  defp read(<<0xD1, n::signed-16, rest::binary>>, _), do: {n, rest}
  defp read(<<0xD2, n::signed-32, rest::binary>>, _), do: {n, rest}
  defp read(<<0xD3, n::signed-64, rest::binary>>, _), do: {n, rest}
  defp read(<<0xD4, type, data::binary-size(1), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xD5, type, data::binary-size(2), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xD6, type, data::binary-size(4), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xD7, type, data::binary-size(8), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xD8, type, data::binary-size(16), rest::binary>>, _), do: {extension(type, data), rest}
  defp read(<<0xD9, n, text::binary-size(n), rest::binary>>, _), do: {text, rest}
  defp read(<<0xDA, n::16, text::binary-size(n), rest::binary>>, _), do: {text, rest}
  defp read(<<0xDB, n::32, text::binary-size(n), rest::binary>>, _), do: {text, rest}
  defp read(<<0xDC, n::16, rest::binary>>, depth), do: items(n, rest, depth)
  defp read(<<0xDD, n::32, rest::binary>>, depth), do: items(n, rest, depth)
  defp read(<<0xDE, n::16, rest::binary>>, depth), do: pairs(n, rest, depth)
  defp read(<<0xDF, n::32, rest::binary>>, depth), do: pairs(n, rest, depth)
  defp read(_, _), do: throw(:malformed)

  # A count beyond the bytes that are left is malformed, so a few bytes can't ask for endless work.
  defp items(n, rest, _) when n > byte_size(rest), do: throw(:malformed)
  defp items(n, rest, depth), do: items(n, rest, depth - 1, [])

  defp items(0, rest, _, found), do: {Enum.reverse(found), rest}

  defp items(n, rest, depth, found) do
    {item, rest} = read(rest, depth)
    items(n - 1, rest, depth, [item | found])
  end

  defp pairs(n, rest, _) when 2 * n > byte_size(rest), do: throw(:malformed)
  defp pairs(n, rest, depth), do: pairs(n, rest, depth - 1, [])

  defp pairs(0, rest, _, found), do: {{:map, Enum.reverse(found)}, rest}

  defp pairs(n, rest, depth, found) do
    {key, rest} = read(rest, depth)
    {value, rest} = read(rest, depth)
    pairs(n - 1, rest, depth, [{key, value} | found])
  end

  @digits 39_000

  defp extension(1, digits) when byte_size(digits) <= @digits do
    case Integer.parse(digits) do
      {n, ""} -> n
      _ -> {:ext, 1, digits}
    end
  end

  defp extension(type, data), do: {:ext, type, data}
end
