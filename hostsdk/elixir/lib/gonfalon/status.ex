defmodule Gonfalon.StateChanged do
  @moduledoc "The client's state has changed. `error` says what is wrong with the source, if anything is."
  @type t :: %__MODULE__{}
  defstruct [:state, :previous, :error]
end

defmodule Gonfalon.FlagsChanged do
  @moduledoc """
  Another snapshot serves, or a schedule has opened or closed. `flags` are the keys of every flag whose decision can differ now, also by a
  segment, a setting or a flag that it requires, in ascending order.
  """
  @type t :: %__MODULE__{}
  defstruct [:flags, :revision, :lineage]
end

defmodule Gonfalon.Status do
  @moduledoc false
  # What a client's answers rest on. A value: the store keeps it and tells of its changes.
  #
  # :not_ready – nothing is loaded yet · :ready – a snapshot serves, and the source confirms it · :stale – a snapshot serves, but the
  # source is unreachable, or hasn't answered yet or for too long · :error – nothing is loaded, and the source refuses

  defstruct loaded: false, backed: false, refused: false, contact: nil, error: nil, ttl: nil, told: :not_ready

  @type t :: %__MODULE__{}

  def states, do: [:not_ready, :ready, :stale, :error]

  def new(ttl \\ nil), do: %__MODULE__{ttl: ttl}

  @doc "A snapshot serves, and the source stands behind it."
  def contact(status), do: %{status | loaded: true, backed: true, refused: false, error: nil, contact: now()}

  @doc "A snapshot serves that the source hasn't confirmed."
  def loaded(status), do: %{status | loaded: true}

  @doc "The source is away. The state follows when that lasts longer than the grace."
  def failed(status, error), do: %{status | error: error}

  @doc "The source has been away for longer than the grace."
  def lost(status), do: %{status | backed: false}

  @doc "The source refuses, or sends what can't be read."
  def refused(status, error), do: %{status | refused: true, error: error}

  @spec state(t) :: :not_ready | :ready | :stale | :error
  def state(%{loaded: false, refused: true}), do: :error
  def state(%{loaded: false}), do: :not_ready
  def state(%{backed: false}), do: :stale
  def state(%{ttl: nil}), do: :ready
  def state(status), do: if(age(status) > status.ttl, do: :stale, else: :ready)

  @doc "Milliseconds since the source last confirmed the snapshot; nil if it never did."
  def age(%{contact: nil}), do: nil
  def age(%{contact: at}), do: now() - at

  defp now, do: System.monotonic_time(:millisecond)
end
