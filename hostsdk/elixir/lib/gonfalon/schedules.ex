defmodule Gonfalon.Schedules do
  @moduledoc false
  # Tells listeners when schedules open and close: each such time is a change of the flags that it decides, while anybody listens.

  use GenServer

  alias Gonfalon.{Changes, Client, Engine, Fault, Store}

  # Milliseconds between two looks at the clock, which may be set, and stands still while a machine sleeps.
  @look 60_000

  def start_link({client, options}), do: GenServer.start_link(__MODULE__, {client, options})

  @impl true
  def init({client, options}) do
    heard? = Store.watch(Store.name(client.name))
    state = %{client: client, clock: options.clock, heard?: heard?, data: nil, edges: nil, seen: nil, timer: nil}
    {:ok, guarded(state, now(options.clock))}
  end

  @impl true
  def handle_info({:stir, at, heard?}, state), do: {:noreply, guarded(%{state | heard?: heard?}, at)}
  def handle_info(:look, state), do: {:noreply, guarded(state, now(state.clock))}
  def handle_info(_, state), do: {:noreply, state}

  @doc "Unix microseconds by a program's clock, or by the system's if that is broken."
  @spec now((() -> integer)) :: integer
  def now(clock) do
    case clock.() do
      at when is_integer(at) -> at
      _ -> System.os_time(:microsecond)
    end
  catch
    _, _ -> System.os_time(:microsecond)
  end

  defp guarded(state, since) do
    look(state, since)
  catch
    thrown, reason ->
      Fault.log("telling of schedules #{Fault.said(thrown, reason)}")
      %{state | timer: Process.send_after(self(), :look, @look)}
  end

  # `since` is when a snapshot began to serve, or somebody to listen: edges before that have been told, or were before anybody listened.
  defp look(state, since) do
    if state.timer, do: Process.cancel_timer(state.timer)
    state = read(%{state | timer: nil}, since)

    if state.edges do
      now = now(state.clock)
      # A clock that was set back makes schedules open and close again.
      flags = Changes.passed(state.edges, min(state.seen, now), max(state.seen, now))
      if flags != [], do: Store.tell(Store.name(state.client.name), flags)
      next = Changes.next_edge(state.edges, now)
      wait = next && next |> Kernel.-(now(state.clock)) |> div(1000) |> Kernel.+(1) |> max(0) |> min(@look)
      %{state | seen: now, timer: wait && Process.send_after(self(), :look, wait)}
    else
      state
    end
  end

  defp read(state, since) do
    engine = if state.heard?, do: Client.engine(state.client)

    cond do
      engine == nil or not Changes.schedules?(Engine.data(engine)) ->
        %{state | data: nil, edges: nil}

      Engine.data(engine) == state.data ->
        state

      true ->
        %{
          state
          | data: Engine.data(engine),
            edges: Changes.edges(Engine.data(engine)),
            seen: if(state.edges, do: state.seen, else: since)
        }
    end
  end
end
