defmodule Gonfalon.Test do
  @moduledoc """
  Flags for tests: set in the test, decided by the real engine, without a network, and seen by the test alone, also with `async: true`.

      # test/test_helper.exs
      Gonfalon.Test.start()

      defmodule MyApp.CheckoutTest do
        use ExUnit.Case, async: true
        use Gonfalon.Test

        @tag flags: [new_checkout: true, hero: "blue"]
        test "the new checkout" do
          assert Gonfalon.enabled?(:new_checkout)
          assert Gonfalon.variant(:hero, for: "user:3") == "blue"
        end

        test "for staff" do
          Gonfalon.Test.enable(:new_checkout, for_group: "staff")
          assert Gonfalon.enabled?(:new_checkout, for: "user:3", groups: ["staff"])
        end
      end

  A process sees the flags of the test that started it: its own, or those of the first of its `$callers` and `$ancestors` that has any, or
  of the test that `allow/2` names. Everybody else sees the snapshot that `start/1` was given, or no flags. They are forgotten when the test's
  process ends.

  The modules of `Gonfalon.Compat` read and write them as well. Every function takes `client:`, the name that `start/1` was given.
  """

  use GenServer

  alias Gonfalon.{Client, Engine, FlagsChanged, Status}
  alias Gonfalon.Test.{Compiler, Documents}

  @doc """
  Puts tests' flags in place of a client: call it in `test_helper.exs`. Options: `client`, its name (`Gonfalon`); `snapshot`, a snapshot's
  bytes or file that all tests start from, made by `gonfalon compile`; `group_conflict`, `:deny_wins` or `:allow_wins`.
  """
  @spec start(keyword) :: :ok
  def start(options \\ []) do
    case GenServer.start(__MODULE__, nil, name: __MODULE__) do
      {:ok, _} -> :ok
      {:error, {:already_started, _}} -> :ok
    end

    GenServer.call(__MODULE__, {:begin, Keyword.get(options, :client, Gonfalon), options})
  end

  @doc false
  defmacro __using__(_) do
    quote do
      setup context do
        Gonfalon.Test.tagged(context)
      end
    end
  end

  @doc false
  # `@tag flags: [key: true, key: "variant"]`, or `feature_flags`, as Bandera has it.
  def tagged(context) do
    for tag <- [:flags, :feature_flags], {key, value} <- Map.get(context, tag, []) do
      case value do
        true -> enable(key)
        false -> disable(key)
        variant -> serve(key, to_string(variant))
      end
    end

    :ok
  end

  @doc """
  Turns a flag on: for everyone, or for one scope of `for_actor`, `for_group`, `for_percentage_of_actors`, `for_percentage_of_time`,
  `for_segment`, `requires` (another flag that must be on), `when` (constraints, as `{"plan", :eq, "pro"}`) and `schedule` (`{from, until}`).
  """
  @spec enable(Gonfalon.key(), keyword) :: :ok
  def enable(key, scope \\ []), do: changed(:enable, key, scope)

  @doc "Turns a flag off: for everyone that no other gate grants it to, or for `for_actor`, `for_group`; `requires` another flag that is off."
  @spec disable(Gonfalon.key(), keyword) :: :ok
  def disable(key, scope \\ []), do: changed(:disable, key, scope)

  @doc "Gives a flag a variant, which every actor is served, with a payload if there is one."
  @spec serve(Gonfalon.key(), String.t(), term, keyword) :: :ok
  def serve(key, variant, payload \\ nil, options \\ []) do
    payload = if payload == nil, do: %{}, else: %{payload: payload}
    done(client_of(options), :variants, key, %{variants: [Map.merge(%{name: variant, weight: 1}, payload)]})
  end

  @doc "Gives a flag variants with weights: `variants(:hero, %{\"blue\" => 1, \"green\" => 3})`."
  @spec variants(Gonfalon.key(), %{String.t() => number}, keyword) :: :ok
  def variants(key, weights, options \\ []) do
    done(client_of(options), :variants, key, %{
      variants: for({name, weight} <- weights, do: %{name: name, weight: weight})
    })
  end

  @doc "Kills a flag: off, whatever its gates say. `serving: \"blue\"` is the variant that actors get meanwhile."
  @spec kill(Gonfalon.key(), keyword) :: :ok
  def kill(key, options \\ []), do: done(client_of(options), :kill, key, %{off_variant: options[:serving]})

  @doc "Makes a segment of constraints, for `enable(key, for_segment: name)`."
  @spec put_segment(Gonfalon.key(), [tuple], keyword) :: :ok
  def put_segment(name, constraints, options \\ []) do
    done(client_of(options), :segment, name, %{constraints: constraints(constraints)})
  end

  @doc "Forgets what the test set for a flag, or for all of them."
  @spec clear(Gonfalon.key() | nil, keyword) :: :ok
  def clear(key \\ nil, options \\ []) do
    client = client_of(options)
    call({:clear, client, owner(client), key && to_string(key)})
  end

  @doc "Makes the client one that has loaded nothing: every question gets the caller's default, until the next change."
  @spec unload(keyword) :: :ok
  def unload(options \\ []) do
    client = client_of(options)
    call({:unload, client, owner(client)})
  end

  @doc "Lets another process see the calling test's flags."
  @spec allow(pid, atom) :: :ok
  def allow(pid, client \\ Gonfalon), do: call({:allow, client, owner(client), pid})

  defp changed(operation, key, options) do
    {client, scope} = Keyword.split(options, [:client])
    if length(scope) > 1, do: raise(ArgumentError, "one scope at a time: each of them is a change of its own")
    done(client_of(client), operation, key, scope(scope))
  end

  defp scope([]), do: %{}
  defp scope(for_percentage_of_actors: ratio), do: %{for_percentage_of: %{actors: ratio}}
  defp scope(for_percentage_of_time: ratio), do: %{for_percentage_of: %{time: ratio}}
  defp scope(when: constraints), do: %{when: constraints(constraints)}
  defp scope(schedule: {from, until}), do: %{schedule: %{from: from, until: until}}

  defp scope([{name, value}]) when name in [:for_actor, :for_group, :for_segment, :requires],
    do: %{name => to_string(value)}

  defp scope([{name, _}]), do: raise(ArgumentError, "there is no scope #{inspect(name)}")

  defp constraints(constraints),
    do:
      for(
        {attribute, operator, values} <- constraints,
        do: %{attribute: attribute, operator: operator, values: List.wrap(values)}
      )

  defp client_of(options), do: Keyword.get(options, :client, Gonfalon)

  defp done(client, operation, key, body) do
    case call({:change, client, owner(client), operation, key, body}) do
      {:ok, _} -> :ok
      {:error, message} -> raise ArgumentError, message
    end
  end

  defp call(request), do: GenServer.call(__MODULE__, request)

  # Whose flags a process sees. A process without any begins with its own.
  defp owner(client), do: found(client) || self()

  defp found(client) do
    Enum.find_value([self() | Process.get(:"$callers", [])] ++ Process.get(:"$ancestors", []), fn process ->
      pid = if is_atom(process), do: Process.whereis(process), else: process

      case :ets.lookup(__MODULE__, {client, pid}) do
        [{_, owner, _}] -> owner
        [] -> nil
      end
    end)
  end

  @doc false
  # The client whose flags the calling process sees.
  def client(name) do
    [{_, _, client}] = :ets.lookup(__MODULE__, {name, found(name) || :everybody})
    client
  end

  # What the compatible modules write to, and read from.
  defmodule Writer do
    @moduledoc false
    defstruct [:client]

    def write(writer, operation, key, body) do
      case GenServer.call(
             Gonfalon.Test,
             {:change, writer.client, Gonfalon.Test.owner_of(writer.client), operation, key, body}
           ) do
        {:ok, document} -> {:ok, document, nil}
        {:error, message} -> {:error, %Gonfalon.ApiError{status: 422, title: message}}
      end
    end

    def document(writer, key) do
      with {:ok, set, _} <- documents(writer), do: {:ok, Enum.find(set["flags"], &(&1["key"] == to_string(key))), nil}
    end

    def documents(writer) do
      documents = GenServer.call(Gonfalon.Test, {:documents, writer.client, Gonfalon.Test.owner_of(writer.client)})
      {:ok, %{"flags" => Map.values(documents.flags), "segments" => Map.values(documents.segments)}, nil}
    end

    def evaluated(writer),
      do: with({:ok, set, _} <- documents(writer), do: {:ok, Enum.map(set["flags"], &{&1["key"], nil})})
  end

  @doc false
  def owner_of(client), do: owner(client)

  @impl true
  def init(nil) do
    :ets.new(__MODULE__, [:named_table, :protected, read_concurrency: true])
    {:ok, %{options: %{}, documents: %{}, listeners: %{}, revision: 0}}
  end

  @impl true
  def handle_call({:begin, name, options}, _, state) do
    base = if given = options[:snapshot], do: snapshot(given)
    state = put_in(state.options[name], %{base: base, group_conflict: options[:group_conflict]})
    state = begin(state, name, :everybody)
    :persistent_term.put({Gonfalon, name}, {:test, __MODULE__})
    {:reply, :ok, state}
  end

  def handle_call({:change, name, owner, operation, key, body}, _, state) do
    state = owned(state, name, owner)
    {documents, document} = Documents.change(state.documents[{name, owner}], operation, key, body)
    state = serve_documents(state, name, owner, documents)
    {:reply, {:ok, enabled(document, name, owner, body)}, state}
  rescue
    error -> {:reply, {:error, Exception.message(error)}, state}
  end

  def handle_call({:clear, name, owner, key}, _, state) do
    state = owned(state, name, owner)
    documents = state.documents[{name, owner}]
    documents = if key == nil, do: %Documents{}, else: %{documents | flags: Map.delete(documents.flags, key)}
    {:reply, :ok, serve_documents(state, name, owner, documents)}
  end

  def handle_call({:unload, name, owner}, _, state) do
    state = owned(state, name, owner)
    Client.unload(table_of(name, owner))
    {:reply, :ok, state}
  end

  def handle_call({:allow, name, owner, pid}, _, state) do
    state = owned(state, name, owner)
    :ets.insert(__MODULE__, {{name, pid}, owner, table_of(name, owner)})
    {:reply, :ok, state}
  end

  def handle_call({:documents, name, owner}, _, state),
    do: {:reply, Map.get(state.documents, {name, owner}, %Documents{}), state}

  def handle_call({:subscribe, name, owner}, {pid, _}, state) do
    state = owned(state, name, owner)
    {:reply, :ok, update_in(state.listeners[{name, owner}], &Enum.uniq([pid | &1 || []]))}
  end

  def handle_call({:unsubscribe, name, owner}, {pid, _}, state) do
    {:reply, :ok, update_in(state.listeners[{name, owner}], &List.delete(&1 || [], pid))}
  end

  @impl true
  def handle_info({:DOWN, _, :process, owner, _}, state) do
    for {name, ^owner} <- Map.keys(state.documents), do: :ets.delete(table_of(name, owner).table)
    :ets.match_delete(__MODULE__, {:_, owner, :_})

    {:noreply, %{state | documents: forget(state.documents, owner), listeners: forget(state.listeners, owner)}}
  end

  defp forget(map, owner), do: Map.reject(map, fn {{_, pid}, _} -> pid == owner end)

  defp owned(state, name, owner) do
    cond do
      not is_map_key(state.options, name) ->
        raise ArgumentError, "Gonfalon.Test.start(client: #{inspect(name)}) comes first"

      is_map_key(state.documents, {name, owner}) ->
        state

      true ->
        begin(state, name, owner)
    end
  end

  defp begin(state, name, owner) do
    if is_pid(owner), do: Process.monitor(owner)
    client = Client.new(name, nil, %Writer{client: name})
    :ets.insert(__MODULE__, {{name, owner}, owner, client})
    Client.put_status(client, Status.new() |> Status.contact())
    serve_documents(state, name, owner, %Documents{})
  end

  defp serve_documents(state, name, owner, documents) do
    %{base: base, group_conflict: conflict} = state.options[name]
    revision = state.revision + 1
    data = Compiler.snapshot(documents.flags, documents.segments, base, revision: revision, group_conflict: conflict)
    client = table_of(name, owner)
    before = Client.engine(client)
    Client.serve(client, Engine.load(data, revision, 1))

    for pid <- Map.get(state.listeners, {name, owner}, []) do
      flags = Gonfalon.Changes.changed(before && Engine.data(before), data)
      send(pid, {:gonfalon, name, %FlagsChanged{flags: flags, revision: revision, lineage: String.duplicate("0", 32)}})
    end

    %{state | revision: revision, documents: Map.put(state.documents, {name, owner}, documents)}
  end

  # What the API answers a change with: the flag's state, for the actor if there is one.
  defp enabled(document, name, owner, body) do
    client = table_of(name, owner)
    asking = %Gonfalon.Asking{for: body[:for_actor] || body["for_actor"]}

    if is_map_key(document, "gates"),
      do:
        Map.put(
          document,
          "enabled",
          Bitwise.band(Engine.evaluate(Client.engine(client), client, document["key"], asking), 1) == 1
        ),
      else: document
  end

  defp table_of(name, owner), do: :ets.lookup_element(__MODULE__, {name, owner}, 3)

  defp snapshot(<<0x94, _::binary>> = bytes), do: bytes
  defp snapshot(path), do: File.read!(path)
end
