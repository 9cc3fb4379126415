defmodule Gonfalon.HTTP do
  @moduledoc false
  # One request of HTTP/1.1 and its answer, over a connection of its own that ends with the process that asks. Whatever a server answers is
  # bounded, in bytes and in time. Redirects are followed within the origin only: the token goes along.
  #
  # Why: RATIONALE.md "Why does the Elixir SDK read HTTP itself?"

  alias Gonfalon.HTTP
  alias Gonfalon.HTTP.{Body, Connection}

  @head 64 * 1024
  # Answers before the answer, such as 103.
  @hints 8
  @redirects 5

  @enforce_keys [:connection]
  defstruct [:connection, status: 0, headers: %{}, body: nil]

  @type t :: %__MODULE__{status: pos_integer, headers: %{String.t() => String.t()}, body: Body.t()}
  @type headers :: [{String.t(), String.t()}]

  @doc "Sends a request and reads the answer's head within some milliseconds. The body is read by `next` or `whole`; `close` ends it."
  @spec open(atom, String.t(), headers, iodata | nil, keyword, timeout) :: {:ok, t} | {:error, String.t()}
  def open(method, url, headers, body, tls, within) do
    if Enum.all?([{"", url} | headers], &sound?/1),
      do: open(method, URI.parse(url), headers, body, tls, now() + within, 0),
      else: {:error, "an address or a header with what would end its line"}
  end

  # Whoever can write a line's end into a request can write another request.
  defp sound?({name, value}),
    do: not String.contains?(name <> value, ["\r", "\n", "\0"]) and not (name == "" and String.contains?(value, " "))

  defp open(method, uri, headers, body, tls, deadline, redirects) do
    with {:ok, connection} <- Connection.open(uri, tls, left(deadline)),
         {:ok, answer} <- answered(connection, request(method, uri, headers, body), deadline) do
      if answer.status in [301, 302, 303, 307, 308] and is_map_key(answer.headers, "location") do
        close(answer)
        redirected(method, uri, answer, redirects, &open(method, &1, headers, body, tls, deadline, redirects + 1))
      else
        {:ok, answer}
      end
    end
  end

  defp request(method, uri, headers, body) do
    path = (uri.path || "/") <> if(uri.query, do: "?" <> uri.query, else: "")

    content =
      if body == nil,
        do: [],
        else: [{"content-type", "application/json"}, {"content-length", to_string(IO.iodata_length(body))}]

    headers =
      for {name, value} <- [{"host", Connection.authority(uri)}, {"connection", "close"} | content ++ headers],
          do: [name, ": ", value, "\r\n"]

    [method |> to_string() |> String.upcase(), " ", path, " HTTP/1.1\r\n", headers, "\r\n", body || ""]
  end

  defp answered(connection, request, deadline) do
    with :ok <- Connection.send(connection, request),
         {:ok, answer} <- head(%HTTP{connection: connection}, "", 0, deadline) do
      {:ok, answer}
    else
      {:error, reason} ->
        Connection.close(connection)
        {:error, reason}
    end
  end

  defp head(answer, buffer, hints, deadline) do
    case :binary.split(buffer, ["\r\n\r\n", "\n\n"]) do
      [head, rest] ->
        read(answer, head, rest, hints, deadline)

      [_] when byte_size(buffer) > @head ->
        {:error, "an answer whose head is too long"}

      [_] ->
        with {:ok, data} <- Connection.receive(answer.connection, left(deadline)),
             do: head(answer, buffer <> data, hints, deadline)
    end
  end

  defp read(answer, head, rest, hints, deadline) do
    [first | lines] = String.split(head, ["\r\n", "\n"])

    case Regex.run(~r/\AHTTP\/1\.[01] ([1-5][0-9][0-9])(?: |\z)/, first) do
      [_, "1" <> _] when hints < @hints ->
        head(answer, rest, hints + 1, deadline)

      [_, status] when byte_size(head) <= @head and binary_part(status, 0, 1) != "1" ->
        {status, headers} = {String.to_integer(status), Map.new(lines, &header/1)}

        with {:ok, body} <- Body.new(status, headers, rest),
             do: {:ok, %{answer | status: status, headers: headers, body: body}}

      _ ->
        {:error, "an answer that isn't HTTP/1.1, or is too long"}
    end
  end

  defp header(line) do
    case :binary.split(line, ":") do
      [name, value] ->
        {name |> Gonfalon.Values.text() |> String.downcase(), value |> Gonfalon.Values.text() |> String.trim()}

      [other] ->
        {"", Gonfalon.Values.text(other)}
    end
  end

  defp redirected(_, _, _, @redirects, _), do: {:error, "more than #{@redirects} redirects"}

  defp redirected(method, uri, answer, _, follow) do
    to = URI.merge(uri, answer.headers["location"])

    cond do
      origin(to) != origin(uri) ->
        {:error, "#{answer.status} redirects to another origin"}

      method != :get and answer.status in [301, 302, 303] ->
        {:error, "#{answer.status} redirects what changes something"}

      true ->
        follow.(to)
    end
  rescue
    _ -> {:error, "#{answer.status} redirects to nowhere"}
  end

  defp origin(uri), do: {uri.scheme, uri.host && String.downcase(uri.host), uri.port}

  @doc "The next bytes of the body; `:done` at its end. An error if nothing comes for some milliseconds."
  @spec next(t, timeout) :: {:ok, binary, t} | :done | {:error, String.t()}
  def next(answer, within) do
    case Body.next(answer.body, answer.connection, now() + within) do
      {:ok, data, body} ->
        {:ok, data, %{answer | body: body}}

      ended ->
        close(answer)
        ended
    end
  end

  @doc "The rest of the body, unpacked if it is gzip. An error if it has more bytes than the limit, or takes longer than the deadline."
  @spec whole(t, pos_integer, integer) :: {:ok, binary} | {:error, String.t()}
  def whole(answer, limit, deadline) do
    case answer.headers |> Map.get("content-encoding", "identity") |> String.downcase() do
      "identity" -> collect(answer, limit, deadline, nil, [], 0)
      "gzip" -> gunzip(answer, limit, deadline)
      encoding -> ended(answer, "an answer in the encoding #{inspect(encoding)}, not in gzip")
    end
  end

  defp gunzip(answer, limit, deadline) do
    z = :zlib.open()
    :zlib.inflateInit(z, 31)

    try do
      with {:ok, data} <- collect(answer, limit, deadline, z, [], 0) do
        :zlib.inflateEnd(z)
        {:ok, data}
      end
    rescue
      ErlangError -> {:error, "an answer that is gzip only in part"}
    after
      :zlib.close(z)
    end
  end

  defp collect(answer, limit, deadline, z, found, size) do
    case next(answer, left(deadline)) do
      {:ok, data, answer} ->
        case unpacked(z, data, found, size, limit) do
          {:ok, found, size} -> collect(answer, limit, deadline, z, found, size)
          {:error, reason} -> ended(answer, reason)
        end

      :done ->
        {:ok, IO.iodata_to_binary(found)}

      error ->
        error
    end
  end

  defp unpacked(nil, data, found, size, limit) do
    size = size + byte_size(data)
    if size > limit, do: too_long(limit), else: {:ok, [found | data], size}
  end

  defp unpacked(z, data, found, size, limit) do
    inflated(:zlib.safeInflate(z, data), z, found, size, limit)
  rescue
    ErlangError -> {:error, "an answer that isn't gzip, as it says"}
  end

  defp inflated({more, output}, z, found, size, limit) do
    size = size + IO.iodata_length(output)

    cond do
      size > limit -> too_long(limit)
      more == :continue -> inflated(:zlib.safeInflate(z, []), z, [found | output], size, limit)
      true -> {:ok, [found | output], size}
    end
  end

  defp too_long(limit), do: {:error, "an answer of more than #{limit} bytes"}

  defp ended(answer, reason) do
    close(answer)
    {:error, reason}
  end

  @doc "Ends the connection."
  def close(answer), do: Connection.close(answer.connection)

  @doc "A whole request: status, headers and body. The body has at most so many bytes, and all of it takes at most so many milliseconds."
  @spec exchange(atom, String.t(), headers, iodata | nil, keyword, pos_integer, timeout) ::
          {:ok, pos_integer, %{String.t() => String.t()}, binary} | {:error, String.t()}
  def exchange(method, url, headers, body, tls, limit, within) do
    deadline = now() + within

    with {:ok, answer} <- open(method, url, headers, body, tls, within),
         {:ok, data} <- whole(answer, limit, deadline) do
      {:ok, answer.status, answer.headers, data}
    end
  end

  @doc "Milliseconds until a deadline, 0 once it has passed."
  def left(deadline), do: max(deadline - now(), 0)
  def now, do: System.monotonic_time(:millisecond)
end
