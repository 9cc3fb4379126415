defmodule Gonfalon.HTTP do
  @moduledoc false
  # One request over :httpc, bounded in whatever a server may answer. Functions run in the process that calls, which gets :httpc's
  # messages: a program's own process asks by `exchange`, in a process of its own.
  #
  # :httpc bounds neither an answer's head nor the body of an error, so while one of these is awaited, how much its socket has received
  # is looked at. Redirects are followed within the origin only: the token goes along.

  alias Gonfalon.HTTP

  @profile :gonfalon
  @connect 10_000
  @head 512 * 1024
  @redirects 5
  # Milliseconds between two looks at what the socket has received, before the body and while it is silent.
  @look 20
  @idle_look 1000

  @enforce_keys [:id]
  defstruct [:id, :handler, status: 0, headers: %{}, body: "", received: 0]

  @type t :: %__MODULE__{}
  @type headers :: [{String.t(), String.t()}]

  @doc "Starts what requests need; the application does so."
  def start do
    case :inets.start(:httpc, profile: @profile) do
      {:ok, _} -> :ok
      {:error, {:already_started, _}} -> :ok
    end

    :ok = :httpc.set_options([ipfamily: :inet6fb4, cookies: :disabled, max_sessions: 0], @profile)
  end

  @doc """
  Sends a request and reads the answer's head within some milliseconds. A body of status 200 is then read by `next`; any other is in
  `body`. Redirects are followed.
  """
  @spec open(atom, String.t(), headers, iodata | nil, keyword, timeout) :: {:ok, t} | {:error, String.t()}
  def open(method, url, headers, body, tls, within, redirects \\ 0) do
    headers =
      for {name, value} <- [{"connection", "close"} | headers],
          do: {String.to_charlist(name), String.to_charlist(value)}

    url = String.to_charlist(url)
    request = if body == nil, do: {url, headers}, else: {url, headers, 'application/json', IO.iodata_to_binary(body)}
    options = [autoredirect: false, connect_timeout: @connect, timeout: :infinity, ssl: tls(tls)]

    case :httpc.request(method, request, options, [sync: false, stream: {:self, :once}, body_format: :binary], @profile) do
      {:ok, id} ->
        case head(%HTTP{id: id}, now() + within) do
          {:ok, %{status: status} = answer}
          when status in [301, 302, 303, 307, 308] and is_map_key(answer.headers, "location") ->
            redirected(
              method,
              List.to_string(url),
              answer,
              redirects,
              &open(method, &1, headers(headers), body, tls, within, redirects + 1)
            )

          answer ->
            answer
        end

      {:error, reason} ->
        {:error, "the request can't be made: #{said(reason)}"}
    end
  end

  defp headers([_connection | headers]),
    do: for({name, value} <- headers, do: {List.to_string(name), List.to_string(value)})

  defp head(%{id: id} = answer, deadline) do
    receive do
      {:http, {^id, :stream_start, headers, handler}} ->
        {:ok, %{answer | status: 200, headers: read(headers), handler: handler}}

      {:http, {^id, {{_, status, _}, headers, body}}} ->
        {:ok, %{answer | status: status, headers: read(headers), body: body}}

      {:http, {^id, {:error, reason}}} ->
        {:error, "the server can't be reached: #{said(reason)}"}

      {:EXIT, from, reason} when is_pid(from) and reason != :normal ->
        ended(answer, reason)
    after
      @look ->
        cond do
          now() > deadline -> close(answer, "no answer in time")
          swollen?(answer) -> close(answer, "an answer that is too long")
          true -> head(answer, deadline)
        end
    end
  end

  defp redirected(_, _, _, @redirects, _), do: {:error, "more than #{@redirects} redirects"}

  defp redirected(method, url, answer, _, follow) do
    to = URI.merge(url, answer.headers["location"])

    cond do
      origin(to) != origin(URI.parse(url)) ->
        {:error, "#{answer.status} redirects to another origin"}

      method != :get and answer.status in [301, 302, 303] ->
        {:error, "#{answer.status} redirects what changes something"}

      true ->
        to |> URI.to_string() |> follow.()
    end
  rescue
    ArgumentError -> {:error, "#{answer.status} redirects to nowhere"}
  end

  defp origin(uri), do: {uri.scheme, uri.host && String.downcase(uri.host), uri.port}

  @doc "The next bytes of the body; `:done` at its end. An error if nothing comes for some milliseconds."
  @spec next(t, timeout) :: {:ok, binary, t} | :done | {:error, String.t()}
  def next(answer, within) do
    :httpc.stream_next(answer.handler)
    await(answer, now() + within)
  end

  defp await(%{id: id} = answer, deadline) do
    receive do
      {:http, {^id, :stream, data}} -> {:ok, data, %{answer | received: answer.received + byte_size(data)}}
      {:http, {^id, :stream_end, _}} -> :done
      {:http, {^id, {:error, reason}}} -> {:error, "the connection was lost: #{said(reason)}"}
      {:EXIT, from, reason} when is_pid(from) and reason != :normal -> ended(answer, reason)
    after
      max(min(@idle_look, deadline - now()), 0) ->
        cond do
          now() >= deadline -> close(answer, "nothing came in time")
          swollen?(answer) -> close(answer, "an answer that is too long")
          true -> await(answer, deadline)
        end
    end
  end

  # The process ends: its request does, too.
  defp ended(answer, reason) do
    close(answer)
    exit(reason)
  end

  @doc "Ends a request, and forgets what came of it."
  @spec close(t) :: :ok
  def close(%{id: id}) do
    :httpc.cancel_request(id, @profile)
    forget(id)
  end

  defp close(answer, reason) do
    close(answer)
    {:error, reason}
  end

  defp forget(id) do
    receive do
      {:http, message} when elem(message, 0) == id -> forget(id)
    after
      0 -> :ok
    end
  end

  # Whether the socket has received far more than was asked for.
  defp swollen?(%{id: id, received: received}) do
    with handlers when is_list(handlers) <- :httpc.info(@profile)[:handlers],
         {_, _, info} <- Enum.find(handlers, fn {_, ids, _} -> id in List.wrap(ids) end),
         octets when is_integer(octets) <- get_in(info, [:session, :socket_info, :socket_stats, :recv_oct]) do
      octets > received * 2 + @head
    else
      _ -> false
    end
  catch
    _, _ -> false
  end

  @doc "A whole request in a process of its own: status, headers and body. The body has at most so many bytes."
  @spec exchange(atom, String.t(), headers, iodata | nil, keyword, pos_integer, timeout) ::
          {:ok, pos_integer, %{String.t() => String.t()}, binary} | {:error, String.t()}
  def exchange(method, url, headers, body, tls, limit, within) do
    {pid, monitor} = spawn_monitor(fn -> exit({:answer, exchanged(method, url, headers, body, tls, limit, within)}) end)

    receive do
      {:DOWN, ^monitor, :process, ^pid, {:answer, answer}} -> answer
      {:DOWN, ^monitor, :process, ^pid, _} -> {:error, "the request failed"}
    after
      within + 1000 ->
        Process.demonitor(monitor, [:flush])
        Process.exit(pid, :kill)
        {:error, "no answer in time"}
    end
  end

  defp exchanged(method, url, headers, body, tls, limit, within) do
    deadline = now() + within

    with {:ok, answer} <- open(method, url, headers, body, tls, within),
         {:ok, body} <- body(answer, limit, deadline) do
      {:ok, answer.status, answer.headers, body}
    end
  end

  @doc "The rest of an answer's body, unpacked if it is gzip. An error if it is longer than the limit, or takes longer than the deadline."
  @spec body(t, pos_integer, integer) :: {:ok, binary} | {:error, String.t()}
  def body(answer, limit, deadline) do
    case Map.get(answer.headers, "content-encoding", "identity") |> String.trim() |> String.downcase() do
      "identity" -> collect(answer, limit, deadline, nil)
      "gzip" -> gunzip(answer, limit, deadline)
      encoding -> close(answer, "an answer in the encoding #{inspect(encoding)}, not in gzip")
    end
  end

  defp gunzip(answer, limit, deadline) do
    z = :zlib.open()
    :zlib.inflateInit(z, 31)

    try do
      collect(answer, limit, deadline, z)
    after
      :zlib.close(z)
    end
  end

  defp collect(%{handler: nil, body: body}, limit, _, z) do
    with {:ok, found, _} <- unpacked(z, body, [], 0, limit), do: {:ok, IO.iodata_to_binary(found)}
  end

  defp collect(answer, limit, deadline, z), do: collect(answer, limit, deadline, z, [], 0)

  defp collect(answer, limit, deadline, z, found, size) do
    case next(answer, max(deadline - now(), 0)) do
      {:ok, data, answer} ->
        case unpacked(z, data, found, size, limit) do
          {:ok, found, size} -> collect(answer, limit, deadline, z, found, size)
          {:error, reason} -> close(answer, reason)
        end

      :done ->
        {:ok, IO.iodata_to_binary(found)}

      error ->
        error
    end
  end

  defp unpacked(nil, data, found, size, limit) do
    size = size + byte_size(data)
    if size > limit, do: {:error, "an answer of more than #{limit} bytes"}, else: {:ok, [found | data], size}
  end

  defp unpacked(z, data, found, size, limit) do
    inflated(:zlib.safeInflate(z, data), z, found, size, limit)
  rescue
    ErlangError -> {:error, "an answer that isn't gzip, as it says"}
  end

  defp inflated({more, output}, z, found, size, limit) do
    size = size + IO.iodata_length(output)

    cond do
      size > limit -> {:error, "an answer of more than #{limit} bytes"}
      more == :continue -> inflated(:zlib.safeInflate(z, []), z, [found | output], size, limit)
      true -> {:ok, [found | output], size}
    end
  end

  defp read(headers),
    do: Map.new(headers, fn {name, value} -> {name |> List.to_string() |> String.downcase(), text(value)} end)

  defp text(value) do
    value |> IO.iodata_to_binary() |> Gonfalon.Values.text()
  rescue
    _ -> ""
  end

  defp tls(given) do
    defaults = [
      verify: :verify_peer,
      depth: 10,
      customize_hostname_check: [match_fun: :public_key.pkix_verify_hostname_match_fun(:https)]
    ]

    authorities =
      if Keyword.has_key?(given, :cacertfile) or Keyword.has_key?(given, :cacerts), do: [], else: authorities()

    defaults |> Keyword.merge(authorities) |> Keyword.merge(given)
  end

  # Without authorities of its own a machine trusts nobody, and says so at the first connection.
  defp authorities do
    [cacerts: :public_key.cacerts_get()]
  rescue
    _ -> [cacerts: []]
  end

  # Why a request failed, in a few words: the whole reason names addresses and options, and may be long.
  defp said({:failed_connect, details}) do
    case List.keyfind(details, :inet, 0) || List.keyfind(details, :inet6, 0) || List.last(details) do
      {_, _, reason} -> said(reason)
      _ -> "no connection"
    end
  end

  defp said({:tls_alert, {alert, _}}), do: "TLS: #{alert |> to_string() |> String.replace("_", " ")}"
  defp said(reason) when is_atom(reason), do: reason |> to_string() |> String.replace("_", " ")
  defp said({reason, _}) when is_atom(reason), do: said(reason)
  defp said(_), do: "the answer can't be read"

  defp now, do: System.monotonic_time(:millisecond)
end
