defmodule Gonfalon.Usage do
  @moduledoc false
  # Reports usage to the control plane, and with it which revision this host serves. A control plane of an older version refuses what it
  # doesn't know, and is sent the counts alone.

  use GenServer, shutdown: 5000
  require Logger

  alias Gonfalon.{Client, Engine, Fault, Store, Wire, WireError}

  # Milliseconds after another revision serves: hosts tell at random moments, so that they don't all do so at once.
  @within 2000
  # Milliseconds: a host tells at most once in these, however many changes there are.
  @pause 5000

  def start_link({client, options}), do: GenServer.start_link(__MODULE__, {client, options}, name: name(client.name))

  def name(client), do: Module.concat(client, Usage)

  @impl true
  def init({client, options}) do
    Process.flag(:trap_exit, true)
    {kind, wire} = {elem(options.source, 0), elem(options.source, 1)}
    Store.watch(Store.name(client.name))

    state = %{
      client: client,
      wire: wire,
      via: to_string(kind),
      pace: options.pace,
      id: 8 |> :crypto.strong_rand_bytes() |> Base.encode16(case: :lower),
      plain: false,
      # The last report failed: the next one is a regular one.
      silent: false,
      told: false,
      gone: false,
      telling: nil,
      last: nil
    }

    {:ok, state |> regular() |> moved()}
  end

  defp regular(state) do
    Process.send_after(self(), :report, round(state.pace.usage * (0.9 + :rand.uniform() / 5)))
    state
  end

  # Another revision serves: the control plane is told soon.
  defp moved(%{telling: nil, plain: false} = state) do
    if Client.engine(state.client) do
      since = if state.last, do: max(state.last + @pause - now(), 0), else: 0
      %{state | telling: Process.send_after(self(), :tell, since + :rand.uniform(@within))}
    else
      state
    end
  end

  defp moved(state), do: state

  @impl true
  def handle_call(:flush, _, state) do
    {result, state} = report(state)
    {:reply, result == :ok, state}
  end

  @impl true
  def handle_info(:report, state), do: {:noreply, state |> report() |> elem(1) |> regular()}
  def handle_info(:tell, %{silent: true} = state), do: {:noreply, %{state | telling: nil}}

  def handle_info(:tell, state) do
    {_, state} = send_counts(%{state | telling: nil, last: now()}, %{})
    {:noreply, state}
  end

  def handle_info({:stir, _, _}, state), do: {:noreply, moved(state)}
  def handle_info(_, state), do: {:noreply, state}

  @impl true
  def terminate(_, state) do
    task = Task.async(fn -> report(%{state | gone: true}) end)
    Task.yield(task, state.pace.farewell) || Task.shutdown(task, :brutal_kill)
  end

  # Sends what was counted; what can't be delivered is kept for the next time.
  defp report(state) do
    counts = Store.take_usage(Store.name(state.client.name))

    if counts == %{},
      do: send_counts(state, %{}),
      else: batches(state, counts |> Enum.chunk_every(Wire.usage_flags()) |> Enum.map(&Map.new/1))
  catch
    # The store is gone, or being started again.
    _, _ -> {:error, state}
  end

  defp batches(state, []), do: {:ok, state}

  defp batches(state, [batch | rest]) do
    case send_counts(state, batch) do
      {:ok, state} ->
        batches(state, rest)

      {:error, state} ->
        Enum.each([batch | rest], &Store.put_usage_back(Store.name(state.client.name), &1))
        {:error, state}
    end
  end

  # Counts may be none: the host is still there, or ends.
  defp send_counts(%{plain: true} = state, counts) when counts == %{}, do: {:ok, state}
  defp send_counts(%{gone: true, told: false} = state, counts) when counts == %{}, do: {:ok, state}

  defp send_counts(state, counts) do
    case told(state, counts) do
      :ok ->
        {:ok, %{state | silent: false, told: true}}

      {:error, %{status: 400}} when not state.plain ->
        send_counts(%{state | plain: true}, counts)

      :cut_off ->
        {:error, %{state | silent: true, told: true}}

      {:error, error} ->
        Logger.info("usage can't be reported: #{error.message}")
        {:error, %{state | silent: true}}
    end
  end

  # The client's end cuts a report off, which may have arrived.
  defp told(state, counts) do
    %{ref: ref} = task = Task.async(fn -> sent(state, counts) end)

    receive do
      {^ref, result} ->
        Process.demonitor(ref, [:flush])
        result

      # A task that has its answer ends normally.
      {:EXIT, from, reason} when reason != :normal ->
        Task.shutdown(task, :brutal_kill)
        send(self(), {:EXIT, from, reason})
        :cut_off
    end
  end

  # Whatever goes wrong, what was counted goes with the next report.
  defp sent(state, counts) do
    Wire.usage(state.wire, counts, if(state.plain, do: nil, else: about(state)))
  catch
    thrown, reason ->
      what = "reporting usage #{Fault.said(thrown, reason)}"
      Fault.log(what)
      {:error, %WireError{message: what}}
  end

  defp about(state) do
    about = %{id: state.id, sdk: "elixir", version: Gonfalon.version(), revision: 0, via: state.via}
    about = if state.gone, do: Map.put(about, :gone, true), else: about

    case Client.engine(state.client) do
      nil -> about
      engine -> %{about | revision: engine.revision} |> Map.put(:lineage, Engine.info(engine).lineage)
    end
  end

  defp now, do: System.monotonic_time(:millisecond)
end
