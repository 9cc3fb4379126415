# The workload of hostsdk/contract's bench: bench.exs FOLDER prints one line of JSON. bench.exs first SNAPSHOT and bench.exs serve SNAPSHOT are
# the processes that it starts.
defmodule Bench do
  @questions 64
  @kinds ["boolean", "percentage", "rule"]
  @attributes %{"age" => 34, "beta" => true, "country" => "DE", "email" => "jo@example.com", "plan" => "team"}

  def main([folder]) do
    [small, large] = for n <- ["1000", "10000"], do: Path.join(folder, n <> ".snapshot")
    start(small)
    actors = for i <- 0..(@questions - 1), do: "user:" <> (to_string(3 * i) |> String.pad_leading(6, "0"))
    contexts = for actor <- actors, do: Gonfalon.Context.new(for: actor, context: @attributes)
    checked = check(actors, contexts)

    decide =
      for kind <- @kinds,
          into: %{},
          do: {kind, best(Enum.zip(keys(kind), for(a <- actors, do: [for: a, context: @attributes])))}

    prepared = for kind <- @kinds, into: %{}, do: {kind, best(Enum.zip(keys(kind), for(c <- contexts, do: [for: c])))}
    hundred = for i <- 0..99, do: key(Enum.at(@kinds, rem(i, 3)), div(i, 3))
    batch = sampled(fn -> Gonfalon.decide_all(keys: hundred, for: hd(contexts)) end, 20)

    figures = %{
      lang: "elixir",
      engine: "C (NIF)",
      decide_ns: decide,
      prepared_ns: prepared,
      batch100_ns: batch,
      load10000_ms: load(large),
      start_ms: Enum.min(for _ <- 1..5, do: process(["first", small]) |> elem(1)),
      memory_mb: ["serve", large] |> process() |> elem(0) |> String.trim() |> String.to_integer() |> Kernel./(1024),
      package_kb: package(),
      answers_checked: checked
    }

    IO.puts(Gonfalon.JSON.encode(figures))
  end

  def main(["first", snapshot]) do
    start(snapshot)
    IO.puts(Gonfalon.enabled?("boolean_00000", for: "user:000000"))
  end

  def main(["serve", snapshot]) do
    start(snapshot)
    true = Gonfalon.enabled?("boolean_00000", for: "user:000000")
    IO.puts(Regex.run(~r/VmHWM:\s+(\d+)/, File.read!("/proc/self/status")) |> List.last())
  end

  defp start(snapshot) do
    Logger.configure(level: :none)
    {:ok, _} = Application.ensure_all_started(:gonfalon)
    {:ok, _} = Gonfalon.start_link(bootstrap: snapshot)
  end

  defp key(kind, n), do: "#{kind}_#{n |> to_string() |> String.pad_leading(5, "0")}"
  defp keys(kind), do: for(i <- 0..(@questions - 1), do: key(kind, i))

  # From the definitions, and not by the engine.
  defp right("boolean", _, _), do: true
  defp right("percentage", key, actor), do: score(key, actor) <= 0.25
  defp right("rule", key, actor), do: score(key, actor) <= 0.5

  defp score(key, actor) do
    <<score::16, _::binary>> = :crypto.hash(:sha256, actor <> key)
    score / 65_536
  end

  defp check(actors, contexts) do
    for kind <- @kinds, key <- keys(kind), {actor, context} <- Enum.zip(actors, contexts), reduce: 0 do
      n ->
        wanted = right(kind, key, actor)
        ^wanted = Gonfalon.enabled?(key, for: actor, context: @attributes)
        ^wanted = Gonfalon.enabled?(key, for: context)
        n + 2
    end
  end

  # Nanoseconds of one call, the lowest of many samples.
  defp best(calls) do
    per_sample = 200
    sampled(fn -> ask(calls, per_sample, calls) end, 1) / per_sample / 1
  end

  defp ask(_, 0, _), do: :ok
  defp ask([], n, all), do: ask(all, n, all)

  defp ask([{key, options} | rest], n, all) do
    Gonfalon.enabled?(key, options)
    ask(rest, n - 1, all)
  end

  defp sampled(run, times) do
    Enum.min(
      for _ <- 1..60 do
        begin = System.monotonic_time(:nanosecond)
        for _ <- 1..(times * 5), do: run.()
        (System.monotonic_time(:nanosecond) - begin) / (times * 5)
      end
    )
  end

  defp load(path) do
    data = File.read!(path)

    Enum.min(
      for n <- 1..5 do
        begin = System.monotonic_time(:microsecond)
        {:ok, pid} = Gonfalon.start_link(name: :"bench_#{n}", bootstrap: data)
        taken = System.monotonic_time(:microsecond) - begin
        Supervisor.stop(pid)
        taken / 1000
      end
    )
  end

  defp process(arguments) do
    ebin = :gonfalon |> :code.lib_dir() |> Path.join("ebin")
    begin = System.monotonic_time(:microsecond)
    {output, 0} = System.cmd("elixir", ["-pa", ebin, __ENV__.file | arguments])
    {output, (System.monotonic_time(:microsecond) - begin) / 1000}
  end

  # What is installed: the modules, and the engine without its symbols.
  defp package do
    folder = :code.lib_dir(:gonfalon)
    stripped = Path.join(System.tmp_dir!(), "gonfalon-stripped-#{System.pid()}.so")
    System.cmd("strip", ["-o", stripped, Path.join(folder, "priv/gonfalon_nif.so")])
    files = [stripped | Path.wildcard(Path.join(folder, "ebin/*"))]
    size = files |> Enum.map(&File.stat!(&1).size) |> Enum.sum()
    File.rm(stripped)
    div(size, 1024)
  end
end

Bench.main(System.argv())
