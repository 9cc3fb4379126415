defmodule Gonfalon.SSE do
  @moduledoc false
  # Reads a stream of events (the HTML standard's text/event-stream) as bytes come, in time that grows with their number. An event of
  # more bytes than the limit, or of more than 1,000 lines, ends it.

  @lines 1000

  @typedoc "`retry` is what the server last said about reconnecting, in milliseconds."
  @type event :: %{kind: String.t(), data: String.t(), retry: non_neg_integer | nil}
  @type t :: %__MODULE__{}

  @enforce_keys [:limit]
  defstruct [:limit, line: [], size: 0, lines: 0, kind: "", data: [], retry: nil, begun: false, after_cr: false]

  @spec new(pos_integer) :: t
  def new(limit), do: %__MODULE__{limit: limit}

  @doc "Reads bytes: the events that they end."
  @spec read(t, binary) :: {:ok, [event], t} | {:error, String.t()}
  def read(parser, data) do
    pieces(parser, data, [])
  catch
    {:unreadable, reason} -> {:error, reason}
  end

  defp pieces(parser, "", events), do: {:ok, Enum.reverse(events), parser}
  # A line feed after a carriage return ends the same line, also if it comes later.
  defp pieces(%{after_cr: true} = parser, "\n" <> rest, events), do: pieces(%{parser | after_cr: false}, rest, events)

  defp pieces(parser, data, events) do
    parser = %{parser | after_cr: false}

    case :binary.match(data, ["\r", "\n"]) do
      :nomatch ->
        {:ok, Enum.reverse(events), keep(parser, data)}

      {at, 1} ->
        <<piece::binary-size(at), ending, rest::binary>> = data
        {event, parser} = parser |> keep(piece) |> line()
        pieces(%{parser | after_cr: ending == ?\r}, rest, if(event, do: [event | events], else: events))
    end
  end

  defp keep(parser, piece) do
    size = parser.size + byte_size(piece)
    if size > parser.limit, do: throw({:unreadable, "an event of more than #{parser.limit} bytes"})
    %{parser | line: [parser.line | piece], size: size}
  end

  defp line(parser) do
    line = IO.iodata_to_binary(parser.line)
    # The stream may begin with a byte order mark.
    line = if parser.begun, do: line, else: String.replace_prefix(line, "\uFEFF", "")
    if parser.lines >= @lines, do: throw({:unreadable, "an event of more than #{@lines} lines"})
    parser = %{parser | line: [], begun: true, lines: parser.lines + 1}
    if line == "", do: dispatch(parser), else: {nil, field(parser, line)}
  end

  # By the standard an event without data is none. A heartbeat has none, and is one.
  defp dispatch(%{data: [], kind: ""} = parser), do: {nil, %{parser | size: 0, lines: 0}}

  defp dispatch(parser) do
    data = parser.data |> Enum.reverse() |> Enum.join("\n")
    event = %{kind: if(parser.kind == "", do: "message", else: parser.kind), data: data, retry: parser.retry}
    {event, %{parser | kind: "", data: [], size: 0, lines: 0}}
  end

  defp field(parser, ":" <> _), do: parser

  defp field(parser, line) do
    {name, value} =
      case :binary.split(line, ":") do
        [name, " " <> value] -> {name, value}
        [name, value] -> {name, value}
        [name] -> {name, ""}
      end

    case name do
      "event" -> %{parser | kind: value}
      "data" -> %{parser | data: [value | parser.data]}
      "retry" -> %{parser | retry: retry(value, parser.retry)}
      _ -> parser
    end
  end

  defp retry(value, before) do
    if value =~ ~r/\A[0-9]{1,15}\z/, do: String.to_integer(value), else: before
  end
end
