defmodule Gonfalon.Store do
  @moduledoc false
  # Takes frames, swaps snapshots, and knows the client's state and who listens. Decisions don't pass through it: they read the row that
  # it writes. It loads one frame at a time, beside the snapshot that serves.

  use GenServer
  require Logger

  alias Gonfalon.{
    Changes,
    Client,
    Engine,
    Fault,
    FlagsChanged,
    LastGood,
    LoadError,
    Options,
    Schedules,
    SnapshotInfo,
    StateChanged,
    Status,
    WireError
  }

  # The lineage of a snapshot that no control plane made.
  @unrecorded String.duplicate("0", 32)
  # Milliseconds: far longer than the largest snapshot takes to load.
  @patience 60_000

  def start_link({client, options}), do: GenServer.start_link(__MODULE__, {client, options}, name: name(client.name))

  @doc "The store's name, by the client's."
  def name(client), do: Module.concat(client, Store)

  @doc "Takes a snapshot of the source; `{:refused, why}` if it changes nothing. `supersedes` is the position that it may go back from."
  def take_snapshot(store, data, supersedes), do: GenServer.call(store, {:take, data, supersedes}, @patience)

  @doc "Takes what a delta makes of the snapshot that serves."
  def take_delta(store, delta), do: GenServer.call(store, {:splice, delta}, @patience)

  @doc "Counts a frame that couldn't even be read."
  def refuse(store, error), do: GenServer.call(store, {:refuse, error})

  @doc "A frame was refused while the stream goes on: what serves stays, and stays good."
  def mistrust(store, reason), do: GenServer.call(store, {:mistrust, reason})

  @doc "The source has said all that it can for now: nobody waits for it any more."
  def answered(store), do: GenServer.call(store, :answered)

  @doc "The source stands behind what serves."
  def contact(store), do: GenServer.call(store, :contact)

  @doc "The source is away or refuses."
  def failed(store, error), do: GenServer.call(store, {:failed, error})

  @doc "What was counted since the last time: key → {count, on, Unix microseconds by when}."
  def take_usage(store), do: GenServer.call(store, :take_usage)

  @doc "Keeps counts that couldn't be delivered for the next time."
  def put_usage_back(store, counts), do: GenServer.call(store, {:put_usage_back, counts})

  @doc "Sends the process `{:stir, Unix microseconds, whether anybody listens}` whenever another snapshot serves, or somebody begins to listen."
  def watch(store), do: GenServer.call(store, {:watch, self()})

  def subscribe(store, pid), do: GenServer.call(store, {:subscribe, pid})
  def unsubscribe(store, pid), do: GenServer.call(store, {:unsubscribe, pid})

  @doc "Lets nobody wait any longer: nothing new comes."
  def close(store), do: GenServer.call(store, :close)

  @doc "Waits for `:ready`, `:answered` or `{:revision, n}`: whether it came within some milliseconds, and before the client was closed."
  def wait(store, what, timeout) do
    timeout = if timeout == :infinity, do: timeout, else: Options.milliseconds!(:timeout, timeout)
    GenServer.call(store, {:wait, what, timeout}, :infinity)
  end

  @doc "Says that the decisions of these flags can differ from now on, by the snapshot that serves."
  def tell(store, flags), do: GenServer.cast(store, {:tell, flags})

  @impl true
  def init({client, options}) do
    # After a crash the row still has what served.
    Client.put_status(client, Status.new(options.ttl))

    state = %{
      client: client,
      options: options,
      usage: %{},
      listeners: %{},
      watchers: [],
      waiters: [],
      leaving: nil,
      expiry: nil,
      answered: false,
      closed: false,
      # Why the last snapshot wasn't kept.
      unkept: nil
    }

    engine = Client.engine(client) || first(state)
    if engine && Client.engine(client) == nil, do: Client.serve(client, engine)
    state = if engine, do: settle(state, &Status.loaded/1), else: state
    # Without a source there is nothing that could know better.
    state = if engine && options.source == nil, do: settle(state, &Status.contact/1), else: state
    {:ok, state}
  end

  # The bootstrap or the last good snapshot, whichever is newer. A bootstrap that can't be used raises.
  defp first(%{options: options} = state) do
    bootstrap = options.bootstrap && load!(state, options.bootstrap, 1)
    kept = kept(state)

    if bootstrap && kept && Engine.info(bootstrap).lineage == Engine.info(kept).lineage &&
         bootstrap.revision > kept.revision,
       do: bootstrap,
       else: kept || bootstrap
  end

  defp kept(%{options: %{last_good: nil}}), do: nil

  defp kept(%{options: %{last_good: path}} = state) do
    with {:ok, data} <- LastGood.read(path), {:ok, engine} <- load(state, data, 1) do
      engine
    else
      :none ->
        nil

      {:error, reason} ->
        Logger.warning("the last good snapshot #{path} is ignored: #{reason}")
        nil
    end
  end

  # Whatever goes wrong in one call, the snapshot that serves and the others' calls are as before.
  @impl true
  def handle_call(asked, from, state) do
    answer(asked, from, state)
  catch
    thrown, reason ->
      what = "taking what the source sent #{Fault.said(thrown, reason)}"
      Fault.log(what)
      {:reply, {:refused, what}, state}
  end

  defp answer({:take, data, supersedes}, _, state), do: taken(state, read(state, data, supersedes))

  defp answer({:splice, delta}, _, state) do
    case Client.engine(state.client) do
      nil ->
        taken(state, {:refused, "a delta without a snapshot to apply it to"})

      engine ->
        spliced =
          try do
            {:ok, Engine.splice(engine, delta)}
          rescue
            error in LoadError -> {:refused, "a delta that doesn't apply: #{Exception.message(error)}"}
          end

        taken(state, with({:ok, data} <- spliced, do: read(state, data, nil)))
    end
  end

  defp answer({:refuse, error}, _, state) do
    refused(state, error.message)
    {:reply, :ok, settle(state, &Status.refused(&1, error.message))}
  end

  defp answer({:mistrust, reason}, _, state), do: {:reply, :ok, settle(state, &Status.refused(&1, reason))}
  defp answer(:answered, _, state), do: {:reply, :ok, said_all(state)}
  defp answer(:contact, _, state), do: {:reply, :ok, confirmed(state)}

  defp answer({:failed, error}, _, state) do
    log_failure(state, error)
    Client.count(state.client, :lost)
    state = settle(state, &Status.failed(&1, error.message))
    state = if WireError.final?(error), do: settle(state, &Status.refused(&1, error.message)), else: state
    state = if Client.engine(state.client) || WireError.refusal?(error), do: said_all(state), else: state
    {:reply, :ok, %{state | leaving: state.leaving || Process.send_after(self(), :lost, state.options.grace)}}
  end

  defp answer(:take_usage, _, state) do
    counts = Map.merge(state.usage, engine_usage(state), fn _, one, other -> added(one, other) end)
    {:reply, counts, %{state | usage: %{}}}
  end

  defp answer({:put_usage_back, counts}, _, state), do: {:reply, :ok, merge(state, counts)}
  defp answer({:watch, pid}, _, state), do: {:reply, heard?(state), %{state | watchers: [pid | state.watchers]}}

  defp answer({:subscribe, pid}, _, state) do
    state = if Map.has_key?(state.listeners, pid), do: state, else: put_in(state.listeners[pid], Process.monitor(pid))
    {:reply, :ok, stir(state)}
  end

  defp answer({:unsubscribe, pid}, _, state) do
    {monitor, listeners} = Map.pop(state.listeners, pid)
    if monitor, do: Process.demonitor(monitor, [:flush])
    {:reply, :ok, %{state | listeners: listeners}}
  end

  defp answer(:close, _, state) do
    for {what, from} <- state.waiters, do: GenServer.reply(from, holds?(state, what))
    {:reply, :ok, %{state | closed: true, waiters: []}}
  end

  defp answer({:wait, what, timeout}, from, state) do
    if state.closed or holds?(state, what) do
      {:reply, holds?(state, what), state}
    else
      if timeout != :infinity, do: Process.send_after(self(), {:expired, from}, timeout)
      {:noreply, %{state | waiters: [{what, from} | state.waiters]}}
    end
  end

  @impl true
  def handle_cast({:tell, flags}, state) do
    emit_change(state, flags)
    {:noreply, state}
  end

  @impl true
  def handle_info(:lost, state), do: {:noreply, settle(state, &Status.lost/1)}
  def handle_info(:expiry, state), do: {:noreply, settle(state, & &1)}

  def handle_info({:DOWN, _, :process, pid, _}, state),
    do: {:noreply, %{state | listeners: Map.delete(state.listeners, pid)}}

  def handle_info({:expired, from}, state) do
    {expired, waiters} = Enum.split_with(state.waiters, fn {_, waiting} -> waiting == from end)
    for {what, _} <- expired, do: GenServer.reply(from, holds?(state, what))
    {:noreply, %{state | waiters: waiters}}
  end

  def handle_info(_, state), do: {:noreply, state}

  defp holds?(state, :ready), do: Status.state(Client.status(state.client)) == :ready
  defp holds?(state, :answered), do: state.answered

  defp holds?(state, {:revision, revision}) do
    engine = Client.engine(state.client)
    engine != nil and engine.revision >= revision
  end

  # Reads a frame: what is to be served next, nil if it serves already, or why it may not be served.
  defp read(state, data, supersedes) do
    serving = Client.engine(state.client)

    with false <- serving != nil and Engine.data(serving) == data,
         {:ok, engine} <- load(state, data, if(serving, do: serving.generation + 1, else: 1)),
         :ok <- follows(serving && Engine.info(serving), Engine.info(engine), supersedes) do
      {:ok, engine}
    else
      true -> :same
      :same -> :same
      {_, reason} -> {:refused, reason}
    end
  end

  defp follows(nil, _, _), do: :ok

  defp follows(old, new, supersedes) do
    cond do
      new.id == old.id ->
        :same

      supersedes == SnapshotInfo.position(old) ->
        Logger.warning(
          "environment #{new.environment} goes back: #{SnapshotInfo.position(new)} takes the place of #{SnapshotInfo.position(old)}"
        )

      # Made offline, where revisions mean nothing: it is taken as it comes.
      new.lineage == old.lineage and new.lineage == @unrecorded ->
        :ok

      new.lineage != old.lineage ->
        Logger.warning(
          "environment #{new.environment} has another lineage: #{SnapshotInfo.position(new)}, was #{SnapshotInfo.position(old)}"
        )

      new.revision <= old.revision ->
        {:refused, "revision #{new.revision} is not above #{old.revision}, which serves"}

      true ->
        :ok
    end
  end

  defp taken(state, {:refused, reason}) do
    refused(state, reason)
    {:reply, {:refused, reason}, state}
  end

  defp taken(state, :same), do: {:reply, :same, state}

  defp taken(state, {:ok, engine}) do
    old = Client.engine(state.client)
    changed = if heard?(state), do: Changes.changed(old && Engine.data(old), Engine.data(engine)), else: []
    Client.serve(state.client, engine)
    state = if old, do: merge(state, stamped(Engine.take_usage(old, state.client))), else: state
    Client.count(state.client, :taken)
    state = confirmed(state)
    state = stir(state)
    if changed != [], do: emit_change(state, changed)
    state = %{state | unkept: LastGood.keep(state.options.last_good, Engine.data(engine), state.unkept)}
    # What was read of the records is garbage by now, and may be much.
    :erlang.garbage_collect()
    {:reply, :ok, state}
  end

  defp refused(state, reason) do
    Client.count(state.client, :refused)
    Logger.warning("a frame was refused: #{reason}")
  end

  defp load!(state, data, generation) do
    case load(state, data, generation) do
      {:ok, engine} -> engine
      {:error, reason} -> raise ArgumentError, "the bootstrap can't be used: #{reason}"
    end
  end

  defp load(%{client: %{environment: wanted}}, data, generation) do
    engine = Engine.load(data, generation)
    info = Engine.info(engine)

    if info.unreadable > 0 do
      Logger.warning(
        "a newer control plane wrote #{info.unreadable} records that this engine can't read; such flags are off, and so are those that require them"
      )
    end

    if wanted != nil and info.environment != wanted,
      do: {:error, "a snapshot of environment #{inspect(info.environment)}, not of #{inspect(wanted)}"},
      else: {:ok, engine}
  rescue
    error in LoadError -> {:error, Exception.message(error)}
  end

  defp confirmed(state) do
    if state.leaving, do: Process.cancel_timer(state.leaving)
    state = %{state | leaving: nil}

    if Client.engine(state.client) do
      if state.expiry, do: Process.cancel_timer(state.expiry)
      expiry = state.options.ttl && Process.send_after(self(), :expiry, state.options.ttl + 1)
      %{state | expiry: expiry} |> settle(&Status.contact/1) |> said_all()
    else
      state
    end
  end

  # Takes the state to what it is by now, and tells if it is another one.
  defp settle(state, change) do
    status = change.(Client.status(state.client))
    {previous, now} = {status.told, Status.state(status)}
    Client.put_status(state.client, %{status | told: now})

    if now != previous do
      level = if previous == :ready or now == :error, do: :warning, else: :info
      Logger.log(level, "flags are #{now}, were #{previous}#{if status.error, do: ": #{status.error}"}")
      emit(state, %StateChanged{state: now, previous: previous, error: status.error})
      wake(state)
    else
      state
    end
  end

  defp said_all(%{answered: true} = state), do: state
  defp said_all(state), do: wake(%{state | answered: true})

  defp wake(state) do
    {done, waiters} = Enum.split_with(state.waiters, fn {what, _} -> holds?(state, what) end)
    for {_, from} <- done, do: GenServer.reply(from, true)
    %{state | waiters: waiters}
  end

  defp stir(state) do
    at = Schedules.now(state.options.clock)
    for watcher <- state.watchers, do: send(watcher, {:stir, at, heard?(state)})
    wake(state)
  end

  defp heard?(state), do: state.listeners != %{}

  defp emit_change(state, flags) do
    if engine = Client.engine(state.client) do
      emit(state, %FlagsChanged{flags: flags, revision: engine.revision, lineage: Engine.info(engine).lineage})
    end
  end

  defp emit(state, event), do: for({pid, _} <- state.listeners, do: send(pid, {:gonfalon, state.client.name, event}))

  defp engine_usage(state) do
    case Client.engine(state.client) do
      nil -> %{}
      engine -> stamped(Engine.take_usage(engine, state.client))
    end
  end

  defp stamped(counts) do
    now = System.os_time(:microsecond)
    Map.new(counts, fn {key, {count, on}} -> {key, {count, on, now}} end)
  end

  defp merge(state, counts),
    do: %{state | usage: Map.merge(state.usage, counts, fn _, one, other -> added(one, other) end)}

  defp added({count, on, last}, {more, more_on, later}), do: {count + more, on + more_on, max(last, later)}

  defp log_failure(state, error) do
    refusal? = WireError.refusal?(error)
    # A refusal is asked about again and again.
    unless refusal? and error.message == Client.status(state.client).error do
      Logger.log(if(refusal?, do: :warning, else: :info), "the source failed: #{error.message}")
    end
  end
end
