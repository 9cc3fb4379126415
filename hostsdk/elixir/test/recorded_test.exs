defmodule Gonfalon.RecordedTest do
  @moduledoc "Replays the recorded sessions of hostsdk/testdata/sessions, as every SDK does."
  use ExUnit.Case, async: true

  alias Gonfalon.{Program, Resolution, Tree, Watcher, Web}

  setup_all do
    %{contract: Tree.program("GONFALON_CONTRACT", "hostsdk/contract")}
  end

  for path <- Path.wildcard(Tree.path("hostsdk/testdata/sessions/*.json")) do
    @path path
    test Path.basename(path, ".json"), %{contract: contract} do
      server = Program.start(contract, ["replay", @path])
      url = Program.await(server)
      client = Module.concat(__MODULE__, Path.basename(@path, ".json"))

      options = [
        name: client,
        endpoint: url,
        token: "token",
        ready_within: 0,
        pace: Watcher.pace(),
        bootstrap: bootstrap(url)
      ]

      start_supervised!({Gonfalon, options})
      :ok = Gonfalon.subscribe(client: client)
      steps(url, client)
    end
  end

  defp bootstrap(url) do
    case Gonfalon.HTTP.exchange(:get, url <> "/replay/bootstrap", [], nil, [], 1_000_000, 10_000) do
      {:ok, 200, _, data} -> data
      {:ok, 204, _, _} -> nil
    end
  end

  defp steps(url, client) do
    case Web.post!(url <> "/replay/next") do
      %{"end" => true} ->
        :ok

      %{"changed" => keys} ->
        assert Watcher.next_change(client).flags == Enum.sort(keys)
        steps(url, client)

      %{"expect" => expected} ->
        check(client, expected)
        steps(url, client)
    end
  end

  defp check(client, expected) do
    wanted = {expected["lineage"], expected["revision"], expected["refused"], expected["state"]}

    serves = fn ->
      stats = Gonfalon.stats(client: client)
      info = stats.info || %{lineage: nil, revision: nil}
      {info.lineage, info.revision, stats.refused, stats.state |> to_string() |> String.upcase()}
    end

    Watcher.until(fn -> serves.() == wanted end)

    for question <- expected["decisions"] || [] do
      decision =
        Gonfalon.decide(question["flag"],
          for: question["actor"],
          groups: question["groups"],
          context: question["attributes"],
          now: question["now"],
          roll: String.to_integer(question["roll"]),
          client: client
        )

      found = Resolution.resolve(decision)

      answer = %{
        "enabled" => decision.enabled,
        "variant" => decision.variant,
        "value" => found.value,
        "reason" => found.reason,
        "error" => found.error
      }

      assert answer == Map.take(question, Map.keys(answer))
    end
  end
end
