# The application `telemetry` as far as the SDK and these tests call it: it can't be fetched everywhere that the tests run.
defmodule :telemetry do
  # Makes the table of handlers, which lives as long as the tests: before them, because several processes would make it at once.
  def start do
    owner = self()

    spawn(fn ->
      :ets.new(__MODULE__, [:named_table, :public])
      send(owner, :made)
      Process.sleep(:infinity)
    end)

    receive(do: (:made -> :ok))
  end

  def attach(id, event, handler, config), do: attach_many(id, [event], handler, config)

  def attach_many(id, events, handler, config) do
    if :ets.insert_new(__MODULE__, {id, events, handler, config}), do: :ok, else: {:error, :already_exists}
  end

  def detach(id) do
    if :ets.take(__MODULE__, id) == [], do: {:error, :not_found}, else: :ok
  end

  def execute(event, measurements, metadata) do
    for {_, events, handler, config} <- :ets.tab2list(__MODULE__),
        event in events,
        do: handler.(event, measurements, metadata, config)

    :ok
  end

  def span(prefix, metadata, run) do
    execute(
      prefix ++ [:start],
      %{system_time: :erlang.system_time(), monotonic_time: :erlang.monotonic_time()},
      metadata
    )

    started = :erlang.monotonic_time()

    try do
      {result, stop} = run.()
      execute(prefix ++ [:stop], %{duration: :erlang.monotonic_time() - started}, stop)
      result
    catch
      kind, reason ->
        execute(
          prefix ++ [:exception],
          %{duration: :erlang.monotonic_time() - started},
          Map.merge(metadata, %{kind: kind, reason: reason, stacktrace: __STACKTRACE__})
        )

        :erlang.raise(kind, reason, __STACKTRACE__)
    end
  end
end
