defmodule Gonfalon.ValuesContractTest do
  @moduledoc "Runs hostsdk/testdata/values.json, as every SDK does."
  use ExUnit.Case, async: true

  alias Gonfalon.{Decision, Tree, Typed}

  @contract Tree.json("hostsdk/testdata/values.json")
  @errors %{"INVALID_CONTEXT" => Gonfalon.ContextError}

  defp cases, do: @contract["cases"]

  setup_all do
    start_supervised!(
      {Gonfalon,
       name: :contract,
       bootstrap: "hostsdk/testdata/values.json" |> Tree.json() |> Map.fetch!("snapshot") |> Base.decode64!()}
    )

    :ok
  end

  for {case, number} <- Enum.with_index(@contract["cases"]), "sdk" in Map.get(case, "hosts", ["sdk"]) do
    @number number
    test "#{number}: #{case["about"]}" do
      check(Enum.at(cases(), @number))
    catch
      {:none, kind} ->
        assert kind in ["NaN", "Infinity", "bytes", "uuid", "decimal", "marshals", "pointer", "nil_pointer"]
    end
  end

  test "few cases are of types that Elixir doesn't have" do
    none =
      Enum.count(cases(), fn case ->
        try do
          options(case)
          false
        catch
          {:none, _} -> true
        end
      end)

    assert none == 27
    assert length(cases()) > 100
  end

  defp options(case) do
    actor = if case["actor"], do: Typed.value(case["actor"])
    groups = if case["groups"], do: Typed.value(case["groups"], actor)
    # What knows its groups knows the actor's id, too.
    {actor, groups} = if is_struct(groups, Typed.Member), do: {groups, nil}, else: {actor, groups}
    attributes = Map.new(case["attributes"] || %{}, fn {name, value} -> {name, Typed.value(value)} end)
    roll = if case["roll"], do: [roll: String.to_integer(case["roll"])], else: []
    client = if case["loaded"] == false, do: :contract_without_anything, else: :contract
    [for: actor, groups: groups, context: attributes, client: client] ++ roll
  end

  defp check(%{"want" => want} = case) do
    options = options(case)

    for options <- [options, prepared(options)] do
      decision = Gonfalon.decide(case["flag"], options)

      assert {decision.enabled, decision.reason |> to_string() |> String.upcase(), Decision.path(decision)} ==
               {want["enabled"], want["reason"], want["gate"]}

      if want["reason"] == "NOT_READY" do
        assert (decision.error && decision.error.__struct__) == @errors[want["error"]]
      end

      default = if is_map_key(case, "default"), do: [default: case["default"]], else: []

      ask =
        Map.fetch!(
          %{
            "boolean" => :enabled?,
            "string" => :payload_string,
            "integer" => :payload_int,
            "float" => :payload_float,
            "object" => :payload_object
          },
          case["as"] || "boolean"
        )

      # A boolean with a variant gate is its payload: what OpenFeature calls the flag's value.
      ask = if case["flag"] == "truth" and ask == :enabled?, do: :payload_bool, else: ask
      found = apply(Gonfalon, ask, [case["flag"], default ++ options])
      wanted = Map.get(want, "value", want["enabled"])
      assert found == wanted
      assert is_boolean(found) == is_boolean(wanted)
    end
  end

  defp prepared(options) do
    {who, rest} = Keyword.split(options, [:for, :groups, :context])
    [for: Gonfalon.Context.new(who)] ++ rest
  end
end
