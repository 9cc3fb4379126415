defmodule Mix.Tasks.Gonfalon.Conformance do
  @shortdoc "Compares the engine's decisions with what the reference implementations answered"
  @moduledoc """
  #{@shortdoc}.

      gonfalon conformance --emit-cases cases.jsonl
      mix gonfalon.conformance cases.jsonl

  The last line has the totals; the exit status is 1 if a case failed.
  """
  use Mix.Task

  @impl true
  def run(paths) do
    Mix.Task.run("app.start")
    if paths == [], do: Mix.raise("mix gonfalon.conformance FILE…, made by: gonfalon conformance --emit-cases FILE")

    totals =
      Enum.reduce(paths, %{passed: 0, failed: 0, skipped: 0}, fn path, totals ->
        Map.merge(totals, Gonfalon.Cases.run(path, &Mix.shell().info/1), fn _, one, other -> one + other end)
      end)

    if totals.passed + totals.failed == 0, do: Mix.raise("no case was asked")
    Mix.shell().info("elixir: #{totals.passed} passed, #{totals.failed} failed, #{totals.skipped} skipped")
    if totals.failed > 0, do: exit({:shutdown, 1})
  end
end
