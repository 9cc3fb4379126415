defmodule Mix.Tasks.Gonfalon.Differential do
  @shortdoc "Decides (snapshot, request) pairs, for comparison with another host byte by byte"
  @moduledoc """
  #{@shortdoc}.

      mix gonfalon.differential PAIRS DECISIONS

  PAIRS has, for each pair, two records, each with its length before it (u32, little-endian): the snapshot's bytes, or length 0 for that of the
  pair before; then the request's. DECISIONS gets, for each pair, the packed decision (u32, little-endian), then the variant's name, its
  payload and the deciding gate's target, each with its length before it. What the engine refuses gives 0xffffffff and three empty texts.
  """
  use Mix.Task

  @impl true
  def run([pairs, decisions]) do
    Mix.Task.run("app.start")
    {written, count, again} = pairs |> File.read!() |> Gonfalon.Pairs.decide()
    File.write!(decisions, written)
    Mix.shell().info("#{count} decided, #{again} of them again by contexts")
  end

  def run(_), do: Mix.raise("mix gonfalon.differential PAIRS DECISIONS")
end
