defmodule Gonfalon.Compat do
  @moduledoc """
  Calls of other libraries, answered by Gonfalon: `Gonfalon.Compat.FunWithFlags` and `Gonfalon.Compat.Bandera` have the functions of these
  libraries with the same results, so that code moves in by an alias:

      alias Gonfalon.Compat.Bandera

  Reads are decided by the client named `Gonfalon`, or the one that `config :gonfalon, compat_client: MyFlags` names. Writes go to the
  control plane with the client's `admin_token` (its `token`, if there is none), which has to be of role editor. They return when the client
  serves what was written.

  The libraries differ in what an actor gets who is in one group that is allowed and in another that is denied, and so do these modules'
  warnings: each tells once if the environment's `group_conflict` isn't its library's.
  """

  alias Gonfalon.{Asking, Changes, Client, Context, ContextError, Engine, Flags, Telemetry}
  require Logger

  # Milliseconds that a write waits until the client serves it.
  @patience 5000

  @doc false
  def client, do: Application.get_env(:gonfalon, :compat_client, Gonfalon)

  @doc false
  # What a library's own evaluation would answer; nil where nothing can be decided. `id` and `in?` are its protocols, which raise as they do
  # there, and only where the flag looks at them. Nothing else raises.
  def evaluate(key, library, ask) do
    client = Client.find(client())

    case Client.engine(client) do
      nil ->
        nil

      engine ->
        try do
          warn(client, engine, library)
          ask.(engine, client, Atom.to_string(key))
        catch
          :error, %ContextError{cause: {kind, reason, stacktrace}} ->
            :erlang.raise(kind, reason, stacktrace)

          kind, reason ->
            Flags.failed(client, Atom.to_string(key), kind, reason)
            nil
        end
    end
  end

  @doc false
  def enabled?(key, library, item, attributes) do
    evaluate(key, library, fn engine, client, key ->
      context = context(item, library, attributes, &id_asked?(engine, client, key, &1))

      try do
        Bitwise.band(Engine.evaluate(engine, client, key, %Asking{for: context}), 1) == 1
      rescue
        error in ContextError ->
          with nil <- named(engine, client, key, context), do: reraise(error, __STACKTRACE__)
      end
    end)
  end

  # What the gate that names the actor says, where the groups can't be known: the libraries don't ask for them then. Nil if there is no such
  # gate, or the flag has parents, whose groups are asked for first.
  defp named(engine, client, key, context) do
    decision = Engine.decide(engine, client, key, %Asking{for: %{context | in_group: nil}})
    if decision.gate == :actor and not known(:child?, engine, client, key), do: decision.enabled
  end

  @doc false
  def variant(key, library, item) do
    evaluate(key, library, fn engine, client, key ->
      context = context(item, library, nil, fn _ -> Engine.decide(engine, client, key, %Asking{}).has_variants end)
      # Gates have no say in it, so that nobody is asked for groups.
      {:ok, Engine.decide(engine, client, key, %Asking{for: %{context | in_group: nil}}).variant}
    end)
  end

  # Whether the libraries ask for the actor's id: first of all if a gate names actors, and for a percentage only where no other gate decides.
  # A flag's parents come before that.
  defp id_asked?(engine, client, key, context) do
    case known(:by_actor, engine, client, key) do
      nil ->
        false

      :parents ->
        true

      when_asked ->
        decision = Engine.decide(engine, client, key, %Asking{for: context})
        decided = decision.enabled or decision.gate == :group
        decision.gate not in [:prerequisite, :kill] and (when_asked == :first or not decided)
    end
  end

  # The actor's key is asked for where it matters; what raises elsewhere, or is no text, is an actor without one.
  defp context(nil, _, attributes, _), do: Context.of(%Asking{context: attributes})

  defp context(item, library, attributes, matters?) do
    nobody = %{Context.of(%Asking{context: attributes}) | actor: false, in_group: &library.in_group?(item, &1)}

    try do
      library.actor_id(item)
    catch
      kind, reason ->
        cause = {kind, reason, __STACKTRACE__}

        if matters?.(nobody),
          do: raise(ContextError, message: "the actor's id can't be read", cause: cause),
          else: nobody
    else
      key -> %{nobody | actor: is_binary(key) && Gonfalon.Values.text(key)}
    end
  end

  # Reading the records takes long, and the answer is the same as long as the snapshot serves.
  defp known(question, engine, client, key) do
    place = {engine.generation, {question, key}}

    case :ets.lookup(client.table, place) do
      [row] ->
        elem(row, 1)

      [] ->
        answer = apply(Changes, question, [Engine.data(engine), key])
        :ets.insert(client.table, {place, answer, nil, nil, nil, nil, nil, nil})
        answer
    end
  end

  defp warn(client, engine, library) do
    place = {engine.generation, {:conflict, library}}

    if :ets.insert_new(client.table, {place, nil, nil, nil, nil, nil, nil, nil}) do
      found = Changes.group_conflict(Engine.data(engine))

      if found != library.group_conflict() and :ets.insert_new(client.table, {{:warned, library, found}}) do
        Logger.warning(
          "#{inspect(library)} decides groups that disagree by #{library.group_conflict()}, but the environment #{Engine.info(engine).environment} by #{found}: " <>
            "gonfalon envs set #{Engine.info(engine).environment} --group-conflict #{library.group_conflict()}"
        )
      end
    end
  end

  @doc false
  # Makes a change: the document after it. It returns when the client serves it.
  def write(operation, key, body) do
    with {:ok, %module{} = admin} <- admin(),
         {:ok, document, revision} <- module.write(admin, operation, key, Map.put(body, :allow_missing, true)) do
      if revision, do: Gonfalon.wait_for(revision, @patience, client: client())
      {:ok, document}
    end
  end

  @doc false
  # A flag's document; nil if there is no such flag, or it has no gates.
  def document(key) do
    with {:ok, %module{} = admin} <- admin() do
      case module.document(admin, key) do
        {:ok, %{"gates" => [_ | _]} = document, _} -> {:ok, document}
        {:ok, _, _} -> {:ok, nil}
        {:error, %{status: 404}} -> {:ok, nil}
        error -> error
      end
    end
  end

  @doc false
  # All flags that have gates, and the segments, as documents.
  def documents do
    with {:ok, %module{} = admin} <- admin(), {:ok, set, _} <- module.documents(admin) do
      {:ok, Enum.filter(set["flags"] || [], &(&1["gates"] not in [nil, []])), set["segments"] || []}
    end
  end

  @doc false
  # When each flag was last evaluated, by any host: {key, ISO 8601 or nil}.
  def evaluated, do: with({:ok, %module{} = admin} <- admin(), do: module.evaluated(admin))

  defp admin do
    case Client.find(client()) do
      %{admin: %{} = admin} -> {:ok, admin}
      _ -> {:error, :no_control_plane}
    end
  end

  @doc false
  def told(by), do: if(by == nil, do: %{}, else: %{reason: "by #{if is_binary(by), do: by, else: inspect(by)}"})

  @doc false
  def event(name, metadata), do: Telemetry.execute(name, %{system_time: :erlang.system_time()}, metadata)
end
