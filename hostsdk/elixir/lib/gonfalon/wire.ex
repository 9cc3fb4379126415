defmodule Gonfalon.WireError do
  @moduledoc false
  # What the server answered instead of what was asked for, or that it couldn't be asked. `status` is HTTP's, 0 if there was no answer;
  # `retry_after` how many milliseconds it asks to wait; `unreadable` whether it sent what can't be read.
  defexception message: "", status: 0, retry_after: nil, unreadable: false, unreachable: false

  @doc false
  # Whether the token or the environment is at fault. It is tried again, but rarely.
  def refusal?(error), do: error.status in [401, 403, 404]

  @doc false
  # Whether the server means it: asking again at once would have the same answer.
  def final?(error), do: error.unreadable or (error.status in 400..499 and error.status not in [408, 425, 429])
end

defmodule Gonfalon.Wire do
  @moduledoc false
  # What goes over the network: requests to one environment of one control plane, and the frames of its stream.

  alias Gonfalon.{HTTP, JSON, SnapshotInfo, SSE, Values, WireError}

  @max_snapshot 33_554_432
  # Milliseconds without a byte, three heartbeats, that are a lost connection.
  @silence 45_000
  # Milliseconds for anything else that the network can keep waiting.
  @timeout 10_000
  # Milliseconds for a whole snapshot: 32 MiB at 1 MiB a second.
  @patience 32_000
  # A server can't send its clients away for longer, in milliseconds.
  @retry_after 300_000
  # Of one report.
  @usage_flags 1000
  # Bytes of an error's body.
  @problem 64 * 1024
  # Bytes of a token that is kept out of texts.
  @shortest_secret 8
  @formats "formats=1"
  @months ~w(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)

  @enforce_keys [:base, :token]
  defstruct [:base, :token, tls: []]

  @type t :: %__MODULE__{base: String.t(), token: String.t(), tls: keyword}

  defimpl Inspect do
    def inspect(wire, _), do: "#Gonfalon.Wire<#{wire.base}>"
  end

  def max_snapshot, do: @max_snapshot
  def usage_flags, do: @usage_flags
  def longest_wait, do: @retry_after

  @spec new(String.t(), String.t(), String.t(), keyword) :: t
  def new(endpoint, token, environment, tls) do
    base = String.trim_trailing(endpoint, "/") <> "/v1/envs/" <> segment(environment)
    %__MODULE__{base: base, token: token, tls: tls}
  end

  @doc "A key as a segment of a path."
  def segment(key), do: URI.encode(key, &URI.char_unreserved?/1)

  @doc "The current snapshot, or nil if it is the one that is known; and the position that it supersedes, if any."
  @spec snapshot(t, SnapshotInfo.t() | nil) :: {:ok, binary | nil, String.t() | nil} | {:error, WireError.t()}
  def snapshot(wire, known) do
    known =
      if known,
        do: [{"if-none-match", "\"#{known.id}\""}, {"x-gonfalon-position", SnapshotInfo.position(known)}],
        else: []

    deadline = now() + @patience

    with {:ok, answer} <-
           open(wire, :get, "/snapshot?" <> @formats, [{"accept-encoding", "gzip"} | known], nil, @timeout),
         {:ok, data} <- whole(answer, known, deadline, wire.token) do
      {:ok, data, answer.headers["x-gonfalon-supersedes"]}
    end
  end

  defp whole(%{status: 304} = answer, known, _, _) do
    HTTP.close(answer)
    if known == [], do: {:error, %WireError{message: "304 to a client that has nothing"}}, else: {:ok, nil}
  end

  defp whole(answer, _, deadline, token) do
    case HTTP.whole(answer, @max_snapshot, deadline) do
      {:ok, data} ->
        {:ok, data}

      {:error, "an answer" <> _ = reason} ->
        {:error, %WireError{message: "a snapshot can't be read: #{quoted(reason, token)}", unreadable: true}}

      {:error, reason} ->
        {:error, %WireError{message: reason}}
    end
  end

  @doc "Opens the stream from a position on, or from a snapshot on: the stream, and the position that the first snapshot supersedes, if any."
  @spec stream(t, String.t() | nil) :: {:ok, {HTTP.t(), SSE.t()}, String.t() | nil} | {:error, WireError.t()}
  def stream(wire, position) do
    position = if position, do: [{"last-event-id", position}], else: []

    headers = [
      {"accept", "text/event-stream"},
      {"cache-control", "no-store"},
      {"accept-encoding", "identity"} | position
    ]

    with {:ok, answer} <- open(wire, :get, "/stream?" <> @formats, headers, nil, @silence) do
      kind = Map.get(answer.headers, "content-type", "of no type")
      encoding = Map.get(answer.headers, "content-encoding", "identity")

      cond do
        kind |> String.split(";") |> hd() |> String.trim() |> String.downcase() != "text/event-stream" ->
          unreadable(answer, "the stream is #{quoted(kind, wire.token)}, not text/event-stream")

        String.downcase(encoding) != "identity" ->
          unreadable(answer, "the stream is in the encoding #{quoted(encoding, wire.token)}")

        true ->
          {:ok, {answer, SSE.new(div(@max_snapshot * 4, 3) + 4096)}, answer.headers["x-gonfalon-supersedes"]}
      end
    end
  end

  @doc "The stream's next events, at least one."
  @spec events({HTTP.t(), SSE.t()}) :: {:ok, [SSE.event()], {HTTP.t(), SSE.t()}} | {:error, WireError.t()}
  def events({answer, parser}) do
    case HTTP.next(answer, @silence) do
      {:ok, data, answer} ->
        case SSE.read(parser, data) do
          {:ok, [], parser} -> events({answer, parser})
          {:ok, events, parser} -> {:ok, events, {answer, parser}}
          {:error, reason} -> unreadable(answer, reason)
        end

      :done ->
        {:error, %WireError{message: "the stream ended"}}

      {:error, reason} ->
        {:error, %WireError{message: reason}}
    end
  end

  @doc "Ends a stream."
  def close({answer, _}), do: HTTP.close(answer)

  @doc "The bytes that an event carries."
  @spec frame(SSE.event()) :: {:ok, binary} | {:error, WireError.t()}
  def frame(event) do
    case Base.decode64(event.data) do
      {:ok, data} when byte_size(data) <= @max_snapshot -> {:ok, data}
      {:ok, _} -> {:error, %WireError{message: "a #{event.kind} of more than #{@max_snapshot} bytes", unreadable: true}}
      :error -> {:error, %WireError{message: "a #{event.kind} that isn't base64", unreadable: true}}
    end
  end

  @doc """
  Reports at most `usage_flags/0` flags: key → {count, on, Unix microseconds of the last}, and the host; without one, only what older
  servers know.
  """
  @spec usage(t, map, map | nil) :: :ok | {:error, WireError.t()}
  def usage(wire, counts, host) do
    flags =
      Map.new(counts, fn {key, {count, on, last}} ->
        flag = %{count: count, last: Values.moment(last)}
        {key, if(host, do: Map.put(flag, :on, on), else: flag)}
      end)

    report = if host, do: %{flags: flags, host: host}, else: %{flags: flags}

    with {:ok, answer} <- open(wire, :post, "/usage", [], JSON.encode(report), @timeout) do
      HTTP.close(answer)
    end
  end

  defp open(wire, method, path, headers, body, within) do
    headers = [
      {"authorization", "Bearer " <> wire.token},
      {"user-agent", "gonfalon-elixir/#{Gonfalon.version()}"} | headers
    ]

    case HTTP.open(method, wire.base <> path, headers, body, wire.tls, within) do
      {:ok, %{status: status} = answer} when status in 200..299 or status == 304 ->
        {:ok, answer}

      {:ok, answer} ->
        {:error, refused(answer, wire.token)}

      {:error, reason} ->
        {:error, %WireError{message: reason, unreachable: String.starts_with?(reason, "the server can't be reached")}}
    end
  end

  # A problem document is small. Whatever else comes isn't read.
  defp refused(answer, token) do
    body = with {:error, _} <- HTTP.whole(answer, @problem, now() + @timeout), do: ""
    body = with {:ok, text} <- body, do: text
    error(answer.status, answer.headers, body, token)
  end

  @doc "What an answer of another status than success says."
  def error(status, headers, body, token) do
    what = body |> problem() |> quoted(token)

    %WireError{
      message: if(what == "", do: "#{status}", else: "#{status} #{what}"),
      status: status,
      retry_after: retry_after(status, headers)
    }
  end

  # What a problem document says.
  defp problem(body) do
    case JSON.decode(body) do
      {:ok, %{} = document} ->
        for(name <- ["title", "detail"], text = document[name], is_binary(text), do: text) |> Enum.join(": ")

      _ ->
        ""
    end
  end

  @doc "A server's text as a part of a message: on one line, not long, and without the token, which a server may send back."
  @spec quoted(String.t(), String.t()) :: String.t()
  def quoted(text, token) do
    text |> hidden(token) |> String.replace(~r/[[:cntrl:]\x{2028}\x{2029}]+/u, " ") |> String.slice(0, 500)
  end

  @doc "A text without the token, in any case of letters. What is shorter is a word that anybody may write, and no secret."
  @spec hidden(String.t(), String.t()) :: String.t()
  def hidden(text, token) when byte_size(token) < @shortest_secret, do: text
  def hidden(text, token), do: String.replace(text, ~r/#{Regex.escape(token)}/i, "…")

  defp retry_after(status, headers) when status in [429, 503] do
    value = headers |> Map.get("retry-after", "") |> String.trim()

    case Integer.parse(value) do
      {seconds, ""} when seconds >= 0 -> min(seconds * 1000, @retry_after)
      _ -> until(value)
    end
  end

  defp retry_after(_, _), do: nil

  # A date of HTTP, such as Sun, 06 Nov 1994 08:49:37 GMT.
  defp until(date) do
    with [_ | parts] <-
           Regex.run(
             ~r/\A[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT\z/,
             date
           ),
         [day, name, year, time] = parts,
         month when month != nil <- Enum.find_index(@months, &(&1 == name)),
         {:ok, at} <-
           NaiveDateTime.from_iso8601(
             "#{year}-#{(month + 1) |> to_string() |> String.pad_leading(2, "0")}-#{day}T#{time}"
           ) do
      at |> NaiveDateTime.diff(NaiveDateTime.utc_now(), :millisecond) |> max(0) |> min(@retry_after)
    else
      _ -> nil
    end
  end

  defp unreadable(answer, reason) do
    HTTP.close(answer)
    {:error, %WireError{message: reason, unreadable: true}}
  end

  defp now, do: System.monotonic_time(:millisecond)
end
