defmodule Gonfalon.Cases do
  @moduledoc false
  # Compares the engine's decisions with what the reference implementations answered.
  #
  # A file that `gonfalon conformance --emit-cases` made has one JSON object a line: {file, id, family, flag, snapshot, request, expect} with
  # the bytes of FORMAT.md and ABI.md in base64, or {file, id, family, flag, skipped}. A member that expect leaves out is not compared, and
  # a decision that needed no score has none to compare.

  alias Gonfalon.{Decision, JSON, Native}

  @type outcome :: :passed | :skipped | {:failed, String.t()}

  @doc "The outcomes of a file's cases, counted; `tell` hears of each failure. A line that is no case raises."
  def run(path, tell) do
    path
    |> File.stream!()
    |> Stream.with_index(1)
    |> Stream.reject(fn {line, _} -> String.trim(line) == "" end)
    |> Enum.reduce({%{passed: 0, failed: 0, skipped: 0}, nil}, fn {line, number}, {counts, loaded} ->
      case JSON.decode(String.trim(line)) do
        {:ok, %{"file" => _, "id" => _} = read} ->
          {outcome, loaded} = outcome(read, loaded)
          {count(counts, read, outcome, tell), loaded}

        _ ->
          raise ArgumentError, "line #{number} of #{path} is not a case"
      end
    end)
    |> elem(0)
  end

  defp count(counts, read, {:failed, why}, tell) do
    tell.("failed #{read["file"]} #{read["family"]} #{inspect(read["id"])} (#{read["flag"]}): #{why}")
    Map.update!(counts, :failed, &(&1 + 1))
  end

  defp count(counts, _, outcome, _), do: Map.update!(counts, outcome, &(&1 + 1))

  defp outcome(%{"skipped" => _}, loaded), do: {:skipped, loaded}

  defp outcome(read, loaded) do
    loaded = pool(read["snapshot"], loaded)

    with {_, {:ok, pool}} <- loaded,
         {packed, variant, payload, target} <- Native.decide(pool, Base.decode64!(read["request"])) do
      decision = Decision.new(read["flag"], packed, variant, payload, target, nil)

      answer = %{
        "enabled" => decision.enabled,
        "variant" => variant,
        "score16" => decision.score && trunc(decision.score * 65_536)
      }

      {compared(read["expect"], decision, answer), loaded}
    else
      {_, {:error, code, offset}} -> {{:failed, "load code #{code} at #{offset}"}, loaded}
      code -> {{:failed, "error #{code}"}, loaded}
    end
  end

  # A pool is kept as long as the snapshot stays the same.
  defp pool(snapshot, {snapshot, _} = loaded), do: loaded
  defp pool(snapshot, _), do: {snapshot, Native.load(Base.decode64!(snapshot), 1, 0)}

  defp compared(expect, decision, answer) do
    unknown =
      if decision.reason == :unknown_flag and expect["enabled"] != false,
        do: ["the snapshot has no such flag"],
        else: []

    differs =
      for {member, wanted} <- expect,
          found = Map.get(answer, member, :absent),
          found != wanted,
          not (member == "score16" and found == nil) do
        "#{member} is #{inspect(found)}, the reference answered #{inspect(wanted)}"
      end

    case unknown ++ differs do
      [] -> :passed
      reasons -> {:failed, Enum.join(reasons, "; ")}
    end
  end
end
