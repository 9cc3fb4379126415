defmodule Gonfalon.Client do
  @moduledoc false
  # What a decision finds by the client's name: where the serving snapshot stands, and the figures. It never changes while the client
  # lives, so it is a persistent term, which is read without a copy or a lock. The snapshot itself is a row of the table.
  #
  # Why: RATIONALE.md "Why is what serves a row of a table, and not a persistent term?"

  require Logger

  alias Gonfalon.{Engine, Status}

  @figures [:taken, :refused, :broken, :unknown, :unreadable, :traps, :lost, :strangers]
  @places @figures |> Enum.with_index(1) |> Map.new()
  # Different mistakes that are remembered, so that each is logged once; later ones are only counted.
  @most_told 1000

  @enforce_keys [:name, :table, :figures, :environment]
  defstruct [:name, :table, :figures, :environment, :admin, telemetry: false]

  @type t :: %__MODULE__{}

  @doc "Makes a client, whose table the calling process owns."
  @spec new(atom, String.t() | nil, struct | nil) :: t
  def new(name, environment, admin) do
    client = %__MODULE__{
      name: name,
      table: :ets.new(:gonfalon, [:set, :public, read_concurrency: true, write_concurrency: true]),
      figures: :counters.new(length(@figures), []),
      environment: environment,
      admin: admin,
      telemetry: Code.ensure_loaded?(:telemetry)
    }

    :ets.insert(client.table, {:status, Status.new()})
    client
  end

  @doc "Publishes a client under its name."
  @spec publish(t) :: t
  def publish(client) do
    :persistent_term.put({Gonfalon, client.name}, client)
    client
  end

  @doc "The client of this name, or what a test has put in its place; nil if there is none."
  @spec find(atom) :: t | nil
  def find(name) do
    case :persistent_term.get({Gonfalon, name}, nil) do
      {:test, module} -> module.client(name)
      client -> client
    end
  end

  @doc "The snapshot that serves; nil before the first."
  @spec engine(t | nil) :: Engine.t() | nil
  def engine(nil), do: nil

  def engine(%{table: table}) do
    case :ets.lookup(table, :serving) do
      [{_, engine}] -> engine
      [] -> nil
    end
  rescue
    # The client has been stopped.
    ArgumentError -> nil
  end

  @doc "Puts a snapshot in place of the one that serves, and deletes what was remembered of older ones."
  @spec serve(t, Engine.t()) :: :ok
  def serve(client, engine) do
    :ets.insert(client.table, {:serving, engine})
    older = {{{:"$1", :_}, :_, :_, :_, :_, :_, :_, :_}, [{:<, :"$1", engine.generation}], [true]}
    :ets.select_delete(client.table, [older])
    :counters.put(client.figures, @places.strangers, 0)
  end

  @doc "Makes it a client that has loaded nothing."
  def unload(client), do: :ets.delete(client.table, :serving)

  @spec status(t) :: Status.t()
  def status(client) do
    [{_, status}] = :ets.lookup(client.table, :status)
    status
  rescue
    ArgumentError -> Status.new()
  end

  def put_status(client, status), do: :ets.insert(client.table, {:status, status})

  @doc "Adds one to a figure, or more; the figure."
  @spec count(t, atom, pos_integer) :: pos_integer
  def count(client, figure, by \\ 1) do
    :counters.add(client.figures, @places[figure], by)
    figure(client, figure)
  end

  def figure(client, figure), do: :counters.get(client.figures, @places[figure])

  @doc "Notes a decision about a flag that the snapshot doesn't have."
  def unknown_flag(client, key) do
    count(client, :unknown)
    tell(client, "there is no flag #{quoted(key)}: it is off")
  end

  @doc "Notes a decision that failed."
  def broken(client, key, what) do
    count(client, :broken)
    tell(client, "#{quoted(key)} can't be decided, the caller gets the default: #{String.slice(what, 0, 500)}", :error)
  end

  @doc "Notes decisions whose context has parts that can't be read."
  def unreadable(client, wrong, decisions \\ 1) do
    count(client, :unreadable, decisions)
    Enum.each(wrong, &tell(client, "a context has #{&1}: see the table of contexts in the documentation"))
  end

  defp quoted(key), do: key |> to_string() |> String.slice(0, 200) |> inspect() |> String.slice(0, 200)

  defp tell(%{table: table}, message, level \\ :warning) do
    if :ets.info(table, :size) < 1_000_000 and :ets.update_counter(table, :told, {2, 0}, {:told, 0}) < @most_told and
         :ets.insert_new(table, {{:told, message}}) do
      :ets.update_counter(table, :told, {2, 1})
      Logger.log(level, message)
    end

    :ok
  rescue
    ArgumentError -> :ok
  end
end
