defmodule Gonfalon.Supervisor do
  @moduledoc false
  # One client: its table, which this process owns so that decisions go on whatever ends beneath it, and the processes that keep it current.

  use Supervisor

  alias Gonfalon.{Client, Options, Schedules, Source, Store, Usage}

  def start_link(given) do
    options = Options.read(given)
    Supervisor.start_link(__MODULE__, options, name: options.name)
  end

  @impl true
  def init(options) do
    client = options.name |> Client.new(options.environment, options.admin) |> Client.publish()
    argument = {client, options}

    following = if options.source, do: [{Source, argument}], else: []

    reporting =
      if match?({kind, _} when kind == :stream, options.source) or match?({:poll, _, _}, options.source),
        do: [{Usage, argument}],
        else: []

    waiting = if options.source && options.ready_within > 0, do: [waiting(client, options)], else: []

    Supervisor.init([{Store, argument}, {Schedules, argument}] ++ following ++ reporting ++ waiting,
      strategy: :rest_for_one
    )
  end

  # The last child is none: it makes the start wait for the source.
  defp waiting(client, options) do
    %{id: :ready, start: {__MODULE__, :wait, [client, options.ready_within]}, restart: :temporary}
  end

  @doc false
  def wait(client, within) do
    unless Store.wait(Store.name(client.name), :answered, within) do
      require Logger
      Logger.warning("no flags within #{within} ms; the client starts as #{Gonfalon.state(client: client.name)}")
    end

    :ignore
  end

  @doc "Ends everything but deciding."
  def close(name) do
    for child <- [Usage, Source, Schedules], do: Supervisor.terminate_child(name, child)
    Store.close(Store.name(name))
  catch
    :exit, _ -> :ok
  end
end

defmodule Gonfalon.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_, _) do
    Supervisor.start_link([], strategy: :one_for_one, name: __MODULE__)
  end
end
