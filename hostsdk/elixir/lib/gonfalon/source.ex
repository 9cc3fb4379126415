defmodule Gonfalon.Source do
  @moduledoc false
  # Keeps a store current: follows the server's stream, polls it, or watches a file. A process that does one thing after another; whatever
  # happens, it goes on.

  alias Gonfalon.{Client, Engine, Fault, LastGood, SnapshotInfo, Store, Wire, WireError}

  # Milliseconds between two looks at a file.
  @look 1000
  # Milliseconds that a process can sleep at most: 49 days.
  @longest_sleep 0xFFFFFFFF
  # Bytes of a snapshot's id.
  @id 32

  def child_spec(argument) do
    %{id: __MODULE__, start: {Task, :start_link, [__MODULE__, :run, [argument]]}, restart: :permanent, shutdown: 2000}
  end

  def run({client, options}) do
    state = %{
      client: client,
      store: Store.name(client.name),
      source: options.source,
      pace: options.pace,
      attempts: 0,
      seen: nil,
      wrong: nil,
      later: nil
    }

    follow(state)
  end

  defp follow(state) do
    {wait, state} = guarded(state)
    Process.sleep(min(wait, @longest_sleep))
    follow(state)
  end

  defp guarded(state) do
    once(state)
  catch
    thrown, reason -> unforeseen(state, %WireError{message: "following the source #{Fault.said(thrown, reason)}"})
  end

  # Whatever has happened, it is told, and following goes on later.
  defp unforeseen(state, error) do
    unless Client.status(state.client).error == error.message, do: Fault.log(error.message)
    failed(state, error, nil)
  catch
    # The store is gone, or being started again.
    _, _ -> delay(state, error, nil)
  end

  defp once(%{source: {:file, path}} = state) do
    {@look, look(state, path)}
  end

  defp once(%{source: {:poll, wire, interval}} = state) do
    case fetch(state, wire) do
      :ok -> {round(interval * (0.9 + :rand.uniform() / 5)), %{state | attempts: 0}}
      {:error, error} -> failed(state, error, nil)
    end
  end

  defp once(%{source: {:stream, wire}} = state) do
    state = %{state | later: nil}
    serving = Client.engine(state.client)

    case Wire.stream(wire, serving && serving |> Engine.info() |> SnapshotInfo.position()) do
      {:ok, stream, supersedes} -> events(state, wire, stream, supersedes, false)
      {:error, error} -> lost(state, wire, error, false)
    end
  end

  defp events(state, wire, stream, supersedes, delivered) do
    case Wire.events(stream) do
      {:ok, events, stream} ->
        {state, supersedes, delivered} = Enum.reduce(events, {state, supersedes, delivered}, &event(wire, &1, &2))
        events(state, wire, stream, supersedes, delivered)

      {:error, error} ->
        lost(state, wire, error, delivered)
    end
  end

  defp event(wire, event, {state, supersedes, delivered}) do
    case event.kind do
      "heartbeat" -> Store.contact(state.store)
      kind when kind in ["snapshot", "delta"] -> frame(state, wire, event, supersedes)
      # Of a newer server.
      _ -> :ok
    end

    # The header is about the first snapshot.
    supersedes = if event.kind == "snapshot", do: nil, else: supersedes
    later = if event.retry, do: min(event.retry, Wire.longest_wait()), else: state.later
    known = event.kind in ["snapshot", "delta", "heartbeat"]
    attempts = if known and not delivered, do: 0, else: state.attempts
    {%{state | later: later, attempts: attempts}, supersedes, delivered or known}
  end

  defp frame(state, wire, event, supersedes) do
    with {:ok, data} <- Wire.frame(event) do
      taken =
        if event.kind == "snapshot",
          do: Store.take_snapshot(state.store, data, supersedes),
          else: Store.take_delta(state.store, data)

      case {taken, event.kind} do
        {{:refused, _}, "delta"} -> with {:error, error} <- fetch(state, wire), do: Store.failed(state.store, error)
        {{:refused, reason}, _} -> Store.mistrust(state.store, reason)
        _ -> Store.contact(state.store)
      end
    else
      {:error, error} -> Store.refuse(state.store, error)
    end
  end

  defp fetch(state, wire) do
    serving = Client.engine(state.client)

    with {:ok, data, supersedes} <- Wire.snapshot(wire, serving && Engine.info(serving)),
         :ok <- take(state, data, supersedes) do
      Store.contact(state.store)
    end
  end

  defp take(_, nil, _), do: :ok

  defp take(state, data, supersedes) do
    case Store.take_snapshot(state.store, data, supersedes) do
      {:refused, reason} -> {:error, %WireError{message: reason, unreadable: true}}
      _ -> :ok
    end
  end

  # The stream has ended or didn't begin. The server may be there, and something between not let the stream through.
  defp lost(state, wire, error, delivered) do
    answer = failed(state, error, if(delivered, do: state.later))
    unless delivered or error.unreachable or WireError.refusal?(error) or error.retry_after, do: fetch(state, wire)
    answer
  end

  defp failed(state, error, asked) do
    Store.failed(state.store, error)
    delay(state, error, asked)
  end

  # Exponential, ±50 % jitter. What the server asked for can only make it more.
  defp delay(%{pace: pace, attempts: attempts} = state, error, asked) do
    step =
      if WireError.refusal?(error),
        do: pace.longest,
        else: min(pace.backoff * Integer.pow(2, min(attempts, 30)), pace.longest)

    wait = max(step * (0.5 + :rand.uniform()), (error.retry_after || asked || 0) * (1 + :rand.uniform() / 10))
    {round(wait), %{state | attempts: attempts + 1}}
  end

  defp look(state, path) do
    case File.stat(path, time: :posix) do
      {:ok, stat} -> read(state, path, {stat.inode, stat.size, stat.mtime, id(path, stat)})
      {:error, reason} -> file_failed(state, %WireError{message: "#{path}: #{:file.format_error(reason)}"})
    end
  end

  # The last bytes of a snapshot, which are its id. Erlang tells a file's time in seconds only, and in one a file can be written twice.
  defp id(path, %{type: :regular, size: size}) when size >= @id do
    with {:ok, file} <- :file.open(path, [:read, :raw, :binary]) do
      found = :file.pread(file, size - @id, @id)
      :file.close(file)
      found
    end
  end

  defp id(_, _), do: nil

  # What was wrong with a file stays wrong until it is another one.
  defp read(%{seen: seen, wrong: nil} = state, _, seen) do
    Store.contact(state.store)
    state
  end

  defp read(%{seen: seen} = state, _, seen), do: state

  defp read(state, path, seen) do
    with {:ok, data} <- LastGood.read(path), :ok <- take(state, data, nil) do
      Store.contact(state.store)
      %{state | seen: seen, wrong: nil}
    else
      :none ->
        file_failed(state, %WireError{message: "#{path}: no such file or directory"})

      {:error, %WireError{} = error} ->
        file_failed(%{state | seen: seen, wrong: error}, error)

      {:error, reason} ->
        file_failed(%{state | seen: seen, wrong: reason}, %WireError{message: reason, unreadable: true})
    end
  end

  defp file_failed(state, error) do
    Store.failed(state.store, error)
    Store.answered(state.store)
    state
  end
end
