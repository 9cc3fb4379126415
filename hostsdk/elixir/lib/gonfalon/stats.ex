defmodule Gonfalon.Stats do
  @moduledoc """
  A client's figures, for metrics: its state; the snapshot that serves; how many milliseconds ago the source last confirmed it; how many
  snapshots were taken from the source, and frames refused; how many decisions failed, were about unknown flags, or had something in their
  context that can't be read; how often the engine stopped in the middle of a call; how many connections of the source ended; and what is
  wrong with the source.
  """
  @type t :: %__MODULE__{}
  defstruct [:state, :info, :age, :taken, :refused, :broken, :unknown, :unreadable, :traps, :lost, :last_error]
end
