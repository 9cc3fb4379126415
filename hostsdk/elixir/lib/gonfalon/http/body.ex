defmodule Gonfalon.HTTP.Body do
  @moduledoc false
  # The body of an answer as it comes: in chunks, of a length, or until the connection ends. Bytes are handed on as soon as they are there.

  alias Gonfalon.HTTP
  alias Gonfalon.HTTP.Connection

  # Bytes of the line before a chunk, and of all lines after the last one.
  @line 1024
  @trailers 16 * 1024

  @typedoc "`left` is how much of the length, or of this chunk, is to come; `:size`, `:end` or `:trailers` what comes next of chunks."
  @type t :: %__MODULE__{
          kind: :none | :chunked | :length | :close,
          left: non_neg_integer | :size | :end | :trailers,
          buffer: binary
        }
  defstruct [:kind, left: 0, buffer: ""]

  @spec new(pos_integer, map, binary) :: {:ok, t} | {:error, String.t()}
  def new(status, _, _) when status in [204, 304], do: {:ok, %__MODULE__{kind: :none}}

  def new(_, headers, buffer) do
    case {headers["transfer-encoding"], headers["content-length"]} do
      {nil, nil} ->
        {:ok, %__MODULE__{kind: :close, buffer: buffer}}

      {nil, length} ->
        of_length(length, buffer)

      {encoding, _} ->
        if String.downcase(encoding) == "chunked",
          do: {:ok, %__MODULE__{kind: :chunked, left: :size, buffer: buffer}},
          else: {:error, "an answer in a transfer encoding that isn't known"}
    end
  end

  defp of_length(text, buffer) do
    if text =~ ~r/\A[0-9]{1,15}\z/,
      do: {:ok, %__MODULE__{kind: :length, left: String.to_integer(text), buffer: buffer}},
      else: {:error, "an answer whose length can't be read"}
  end

  @doc "The next bytes, at least one; `:done` at the end. All of it has to come before the deadline."
  @spec next(t, Connection.t(), integer) :: {:ok, binary, t} | :done | {:error, String.t()}
  def next(%{kind: :none}, _, _), do: :done
  def next(%{kind: :length, left: 0}, _, _), do: :done

  def next(%{kind: :close, buffer: ""} = body, connection, deadline) do
    case Connection.receive(connection, HTTP.left(deadline)) do
      {:ok, data} -> {:ok, data, body}
      {:error, "the connection was lost: it was closed"} -> :done
      error -> error
    end
  end

  def next(%{kind: :close} = body, _, _), do: {:ok, body.buffer, %{body | buffer: ""}}

  def next(%{left: left, buffer: buffer} = body, _, _) when is_integer(left) and left > 0 and buffer != "" do
    size = min(left, byte_size(buffer))
    <<data::binary-size(size), rest::binary>> = buffer
    left = if left == size and body.kind == :chunked, do: :end, else: left - size
    {:ok, data, %{body | left: left, buffer: rest}}
  end

  def next(%{kind: :chunked, left: :end, buffer: "\r\n" <> rest} = body, connection, deadline),
    do: next(%{body | left: :size, buffer: rest}, connection, deadline)

  def next(%{kind: :chunked, left: :end, buffer: buffer}, _, _) when byte_size(buffer) >= 2, do: unreadable()

  def next(%{kind: :chunked, left: :size} = body, connection, deadline) do
    case :binary.split(body.buffer, "\r\n") do
      [line, rest] when byte_size(line) <= @line -> sized(body, line, rest, connection, deadline)
      [buffer] when byte_size(buffer) <= @line -> more(body, connection, deadline)
      _ -> unreadable()
    end
  end

  def next(%{kind: :chunked, left: :trailers} = body, connection, deadline) do
    cond do
      String.starts_with?(body.buffer, "\r\n") or :binary.match(body.buffer, "\r\n\r\n") != :nomatch -> :done
      byte_size(body.buffer) > @trailers -> unreadable()
      true -> more(body, connection, deadline)
    end
  end

  def next(body, connection, deadline), do: more(body, connection, deadline)

  defp sized(body, line, rest, connection, deadline) do
    case Regex.run(~r/\A([0-9a-fA-F]{1,8})[ \t]*(?:;|\z)/, line) do
      [_, digits] ->
        size = String.to_integer(digits, 16)
        next(%{body | left: if(size == 0, do: :trailers, else: size), buffer: rest}, connection, deadline)

      nil ->
        unreadable()
    end
  end

  defp more(body, connection, deadline) do
    with {:ok, data} <- Connection.receive(connection, HTTP.left(deadline)) do
      next(%{body | buffer: body.buffer <> data}, connection, deadline)
    end
  end

  defp unreadable, do: {:error, "an answer whose chunks can't be read"}
end
