defmodule Gonfalon.Watcher do
  @moduledoc "Waits for what a client becomes."

  import ExUnit.Assertions

  # No waiting between attempts, and no grace: what happens is awaited, not timed.
  @pace [backoff: 10, longest: 20, usage: 3_600_000, farewell: 5000]

  def quick(more \\ []), do: Keyword.merge([grace: 10, pace: @pace], more)
  def pace, do: @pace

  @doc "Waits until a condition holds. It is looked at after each event of a client that the process listens to, and now and then."
  def until(condition, within \\ 10_000) do
    deadline = System.monotonic_time(:millisecond) + within
    look(condition, deadline)
  end

  defp look(condition, deadline) do
    cond do
      condition.() ->
        :ok

      System.monotonic_time(:millisecond) > deadline ->
        flunk("it never came to be")

      true ->
        # Events of changes are left for next_change.
        receive(do: ({:gonfalon, _, %Gonfalon.StateChanged{}} -> :ok), after: (10 -> :ok))
        look(condition, deadline)
    end
  end

  @doc "The next event about a change of flags, once it has come."
  def next_change(client) do
    assert_receive {:gonfalon, ^client, %Gonfalon.FlagsChanged{} = event}, 10_000
    event
  end
end
