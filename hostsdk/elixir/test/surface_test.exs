defmodule Gonfalon.SurfaceTest do
  @moduledoc "Holds hostsdk/surface.json, with what is different here, against what this package exports; and features.json against what is there."
  use ExUnit.Case, async: true

  alias Gonfalon.{Decision, Explanation, Tree}

  @shared Tree.json("hostsdk/surface.json")
  @ours Tree.json("hostsdk/elixir/surface.json")

  defp functions(module),
    do:
      for(
        {name, _} <- module.__info__(:functions),
        name not in [:__struct__, :version],
        documented?(module, name),
        do: name
      )

  # What is hidden from the documentation isn't exported. child_spec is what Elixir calls.
  defp documented?(module, name) do
    {:docs_v1, _, _, _, _, _, docs} = Code.fetch_docs(module)
    name == :child_spec or Enum.any?(docs, &match?({{:function, ^name, _}, _, _, %{}, _}, &1))
  end

  defp fields(module), do: module |> struct() |> Map.from_struct() |> Map.keys()

  defp modules do
    {:ok, modules} = :application.get_key(:gonfalon, :modules)

    for module <- modules,
        {:docs_v1, _, _, _, %{}, _, _} <- [Code.fetch_docs(module)],
        name = inspect(module),
        not String.starts_with?(name, "Mix."),
        not support?(module) do
      String.replace_prefix(name, "Gonfalon.", "")
    end
  end

  defp support?(module), do: module.module_info(:compile)[:source] |> to_string() |> String.contains?("/test/support/")

  # The scopes that `enable` takes: every other one raises.
  defp scopes do
    for scope <- [
          :for_actor,
          :for_group,
          :for_percentage_of_actors,
          :for_percentage_of_time,
          :for_segment,
          :requires,
          :when,
          :schedule,
          :for_nobody
        ],
        takes?(scope),
        do: scope
  end

  defp takes?(scope) do
    values = %{for_percentage_of_actors: 0.5, for_percentage_of_time: 0.5, when: [{"a", :eq, 1}], schedule: {nil, nil}}
    Gonfalon.Test.enable(:surface, [{scope, Map.get(values, scope, "x")}])
    true
  rescue
    ArgumentError -> false
  end

  defp has do
    %{
      "client" => functions(Gonfalon),
      "config" => Gonfalon.Options.known(),
      "decision" => fields(Decision) ++ functions(Decision),
      "explanation" => fields(Explanation),
      "step" => fields(Gonfalon.Step),
      "comparison" => fields(Gonfalon.Comparison),
      "stats" => fields(Gonfalon.Stats),
      "info" => fields(Gonfalon.SnapshotInfo) ++ functions(Gonfalon.SnapshotInfo),
      "state_event" => fields(Gonfalon.StateChanged),
      "flags_event" => fields(Gonfalon.FlagsChanged),
      "test" => functions(Gonfalon.Test) -- [:init, :handle_call, :handle_info, :child_spec],
      "target" => scopes(),
      # What the compatible modules have is their libraries' surface.
      "package" => Enum.reject(modules(), &(&1 =~ ~r/^Compat\.(Bandera|FunWithFlags)\./)) ++ ["score"]
    }
  end

  test "the names are those of the surface" do
    for {section, members} <- Map.drop(@shared, ["languages", "features", "words"]) do
      other = get_in(@ours, ["other", section]) || %{}
      more = Map.keys(get_in(@ours, ["more", section]) || %{})
      wanted = for [_, name] <- members["names"], called = Map.get(other, name, name), do: called

      assert {section, has()[section] |> Enum.map(&to_string/1) |> Enum.uniq() |> Enum.sort()} ==
               {section, Enum.uniq(Enum.sort(wanted ++ more))}
    end
  end

  test "the words are those of the surface" do
    words = %{
      "reason" => Decision.reasons(),
      "gate" => Decision.gates(),
      "outcome" => Explanation.outcomes(),
      "operator" => Explanation.operators(),
      "state" => Gonfalon.Status.states()
    }

    for {kind, names} <- @shared["words"],
        do: assert({kind, Enum.map(words[kind], &to_string/1)} == {kind, Enum.map(names, &String.downcase/1)})
  end

  test "the features are those that are there" do
    here? = fn functions -> Enum.all?(functions, &(&1 in functions(Gonfalon))) end
    module? = &Code.ensure_loaded?/1
    options? = fn names -> Enum.all?(names, &(&1 in Gonfalon.Options.known())) end
    yes = fn held -> if held, do: "yes", else: "–" end

    proofs = %{
      "engine" => if(module?.(Gonfalon.Native), do: "C, as a NIF", else: "–"),
      "enabled, variant, typed payload, decide, decide all, explain" =>
        yes.(here?.([:enabled?, :variant, :payload_int, :decide, :decide_all, :explain])),
      "prepared context, reused without building it again" => yes.(module?.(Gonfalon.Context)),
      "stream with resume and deltas; polling with ETag" =>
        yes.(options?.([:endpoint, :poll_interval]) and File.exists?("test/recorded_test.exs")),
      "file, bootstrap, last good on disk" => yes.(options?.([:file, :bootstrap, :last_good])),
      "in process with the control plane" => "–",
      "states, events, age" => yes.(here?.([:state, :subscribe, :stats])),
      "usage batches" => yes.(here?.([:flush])),
      "test helper with overrides, no network" => if(module?.(Gonfalon.Test), do: "`Gonfalon.Test`", else: "–"),
      "OpenFeature provider" => yes.(module?.(Gonfalon.OpenFeature)),
      "conformance vectors, shared cases and recorded streams (`testdata/`)" =>
        yes.(Enum.all?(["conformance.sh", "test/values_contract_test.exs", "test/recorded_test.exs"], &File.exists?/1)),
      "wait for a revision; events of schedules" => yes.(here?.([:wait_for]) and module?.(Gonfalon.Schedules)),
      "an actor's score for any flag" => if(here?.([:score]), do: "`score`", else: "–"),
      "an admin client, which reads and writes flags" => if(module?.(Gonfalon.Admin), do: "`Gonfalon.Admin`", else: "–")
    }

    assert Enum.sort(Map.keys(proofs)) == Enum.sort(@shared["features"])
    lines = for feature <- @shared["features"], do: ~s(  "#{feature}": "#{proofs[feature]}")
    wanted = "{\n#{Enum.join(lines, ",\n")}\n}\n"
    if System.get_env("GONFALON_UPDATE"), do: File.write!("features.json", wanted)
    assert File.read!("features.json") == wanted
  end
end
