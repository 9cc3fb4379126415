defmodule Gonfalon.BoundsTest do
  @moduledoc "Runs hostsdk/testdata/bounds.json, as every SDK does: contexts and questions that are too large."
  use ExUnit.Case, async: true

  alias Gonfalon.{Context, Decision, Tree, Typed}

  @bounds Tree.json("hostsdk/testdata/bounds.json")

  setup_all do
    snapshot = "hostsdk/testdata/values.json" |> Tree.json() |> Map.fetch!("snapshot") |> Base.decode64!()
    start_supervised!({Gonfalon, name: :bounds, bootstrap: snapshot})
    :ok
  end

  for {case, number} <- Enum.with_index(@bounds["cases"]) do
    @number number
    test "#{number}: #{case["about"]}" do
      check(Enum.at(@bounds["cases"], @number))
    end
  end

  test "a question names no more keys than the contract says" do
    for %{"count" => count, "decisions" => decisions} <- @bounds["keys"] do
      broken = Gonfalon.stats(client: :bounds).broken
      assert [keys: List.duplicate("who", count), client: :bounds] |> Gonfalon.decide_all() |> length() == decisions
      assert Gonfalon.stats(client: :bounds).broken - broken == if(decisions == 0, do: 1, else: 0)
    end
  end

  test "a map of a million names is refused before it is read" do
    attributes = Map.new(1..1_000_000, &{"more #{&1}", 0})

    before = reductions()
    assert %Decision{reason: :not_ready} = Gonfalon.decide("five", for: "user:1", context: attributes, client: :bounds)
    # Reading it takes millions.
    assert reductions() - before < 100_000
  end

  # What this process has done, which no other process on the machine makes more.
  defp reductions do
    {:reductions, done} = Process.info(self(), :reductions)
    done
  end

  defp check(%{"flag" => flag, "want" => want} = case) do
    more = for i <- 1..Map.get(case, "more_attributes", 0)//1, into: %{}, do: {"more #{i}", 0}
    named = Map.new(case["attributes"] || %{}, fn {name, value} -> {name, Typed.value(value)} end)
    actor = if case["actor"], do: Typed.value(case["actor"])
    groups = if case["groups"], do: Typed.value(case["groups"])
    asking = [for: actor, groups: groups, context: Map.merge(more, named)]

    for asking <- [asking, [for: Context.new(asking)]], asking = [client: :bounds] ++ asking do
      for decision <- [Gonfalon.decide(flag, asking) | Gonfalon.decide_all([keys: [flag]] ++ asking)] do
        assert {decision.enabled, decision.reason |> to_string() |> String.upcase(), Decision.path(decision)} ==
                 {want["enabled"], want["reason"], want["gate"]}

        if want["reason"] == "NOT_READY", do: assert(is_struct(decision.error, Gonfalon.ContextError))
      end

      assert Gonfalon.enabled?(flag, asking) == want["enabled"]
    end
  end
end
