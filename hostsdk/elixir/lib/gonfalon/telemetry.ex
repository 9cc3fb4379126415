defmodule Gonfalon.Telemetry do
  @moduledoc false
  # Events for the application `telemetry`, where it is there. It is called by name, because it is no dependency.

  @doc "A point-in-time event, whose only measurement is the system's time."
  def event(%{telemetry: false}, _, _), do: :ok
  def event(%{telemetry: true}, name, metadata), do: execute(name, %{system_time: :erlang.system_time()}, metadata)

  @doc "Runs a function between the events start and stop; or exception, if it raises. It returns `{result, more metadata}`."
  def span(name, metadata, run) do
    if Code.ensure_loaded?(:telemetry) do
      apply(:telemetry, :span, [
        name,
        metadata,
        fn -> with({result, more} <- run.(), do: {result, Map.merge(metadata, more)}) end
      ])
    else
      elem(run.(), 0)
    end
  end

  def execute(name, measurements, metadata) do
    if Code.ensure_loaded?(:telemetry), do: apply(:telemetry, :execute, [name, measurements, metadata]), else: :ok
  end
end
