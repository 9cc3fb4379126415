defmodule Gonfalon.TestTest do
  use ExUnit.Case, async: true
  use Gonfalon.Test

  alias Gonfalon.Test.Compiler
  alias Gonfalon.{Changes, Test, Tree}

  for n <- 1..8 do
    test "tests don't see each other's flags (#{n})" do
      refute Gonfalon.enabled?(:shared)
      if rem(unquote(n), 2) == 0, do: Test.enable(:shared)
      Process.sleep(5)
      assert Gonfalon.enabled?(:shared) == (rem(unquote(n), 2) == 0)
    end
  end

  @tag flags: [tagged: true, untagged: false, hero: "blue"], feature_flags: [checkout: true]
  test "tags set flags" do
    assert Gonfalon.enabled?(:tagged)
    refute Gonfalon.enabled?(:untagged)
    assert Gonfalon.variant(:hero, for: 1) == "blue"
    assert Gonfalon.enabled?(:checkout)
  end

  test "scopes" do
    Test.enable(:a, for_actor: 42)
    Test.enable(:a, for_group: :staff)
    Test.disable(:a, for_group: "banned")
    assert Gonfalon.enabled?(:a, for: 42)
    assert Gonfalon.enabled?(:a, for: 1, groups: ["staff"])
    refute Gonfalon.enabled?(:a, for: 1, groups: ["staff", "banned"])

    Test.enable(:share, for_percentage_of_actors: 0.5)

    assert Enum.filter(1..50, &Gonfalon.enabled?(:share, for: &1)) ==
             Enum.filter(1..50, &(Gonfalon.score(:share, &1) <= 0.5))

    Test.enable(:share, for_percentage_of_time: 0.9999)
    assert Gonfalon.enabled?(:share, roll: 0)

    Test.enable(:rule, when: [{"plan", :in, ["pro", "gold"]}, {"seats", :gte, 10}])
    assert Gonfalon.enabled?(:rule, context: %{plan: "pro", seats: "12"})
    refute Gonfalon.enabled?(:rule, context: %{plan: "pro", seats: 9})

    Test.put_segment(:pros, [{"plan", :eq, "pro"}])
    Test.enable(:segmented, for_segment: :pros)
    assert Gonfalon.enabled?(:segmented, context: %{plan: "pro"})

    Test.enable(:child)
    Test.enable(:child, requires: :parent)
    refute Gonfalon.enabled?(:child)
    Test.enable(:parent)
    assert Gonfalon.enabled?(:child)

    Test.enable(:window, schedule: {"2020-01-01T00:00:00Z", nil})
    assert Gonfalon.enabled?(:window)
    Test.enable(:window, schedule: {nil, "2020-01-01T00:00:00Z"})
    refute Gonfalon.enabled?(:window)
  end

  test "variants, kills, and what is forgotten" do
    Test.serve(:hero, "blue", %{hex: "#00f"})
    assert Gonfalon.payload_object(:hero, for: 1) == %{"hex" => "#00f"}
    Test.variants(:hero, %{"a" => 7, "b" => 3})
    assert Enum.count(1..1000, &(Gonfalon.variant(:hero, for: &1) == "b")) in 230..370
    Test.enable(:hero)
    Test.kill(:hero, serving: "a")
    assert %{killed: true, variant: "a", enabled: false} = Gonfalon.decide(:hero, for: 1)
    Test.clear(:hero)
    refute Gonfalon.decide(:hero).known
    Test.unload()
    assert Gonfalon.enabled?(:hero, default: true)
    assert Gonfalon.state() == :ready
  end

  test "what the test starts sees its flags, and a process that it allows" do
    Test.enable(:mine)
    assert Task.await(Task.async(fn -> Gonfalon.enabled?(:mine) end))
    assert Task.await(Task.async(fn -> Task.await(Task.async(fn -> Gonfalon.enabled?(:mine) end)) end))
    {:ok, agent} = Agent.start_link(fn -> nil end)
    assert Agent.get(agent, fn _ -> Gonfalon.enabled?(:mine) end)

    test = self()

    stranger =
      spawn(fn -> Enum.each(1..2, fn _ -> receive(do: (:look -> send(test, {:seen, Gonfalon.enabled?(:mine)}))) end) end)

    send(stranger, :look)
    assert_receive {:seen, false}
    Test.allow(stranger)
    send(stranger, :look)
    assert_receive {:seen, true}
  end

  test "a change is an event, for who listens" do
    Gonfalon.subscribe()
    Test.enable(:heard)
    assert_receive {:gonfalon, Gonfalon, %Gonfalon.FlagsChanged{flags: ["heard"]}}
    Gonfalon.unsubscribe()
    Test.disable(:heard)
    refute_received {:gonfalon, _, _}
    assert Gonfalon.wait_for(1_000_000, 0)
  end

  test "the flags of a test that has ended are forgotten" do
    {pid, monitor} = spawn_monitor(fn -> Test.enable(:ended) end)
    assert_receive {:DOWN, ^monitor, :process, ^pid, :normal}
    # The server has heard of it before it answers this.
    Test.enable(:another)
    assert :ets.match(Gonfalon.Test, {{:_, pid}, :_, :_}) == []
  end

  test "the compatible modules write and read a test's flags" do
    alias Gonfalon.Compat.Bandera
    assert Bandera.enable(:compatible, for_actor: "a") == {:ok, true}
    assert Bandera.enabled?(:compatible, for: "a")
    refute Bandera.enabled?(:compatible, for: "b")
    assert Bandera.disable(:compatible) == {:ok, false}
    assert {:ok, [:compatible]} = Bandera.all_flag_names()
    assert {:ok, %{gates: [_, _]}} = Bandera.get_flag(:compatible)
    assert Bandera.clear(:compatible) == :ok
    assert {:ok, []} = Bandera.all_flag_names()
    assert {:ok, _} = Bandera.put_segment(:some, [{"a", :eq, 1}])
    assert {:ok, [:"bandera_segment:some"]} = Bandera.all_flag_names()
    assert Gonfalon.Compat.FunWithFlags.enable(:compatible, for_percentage_of: {:actors, 0.5}) == {:ok, true}
    assert {:error, %Gonfalon.ApiError{}} = Bandera.enable(:bad, schedule: {"tomorrow", nil})
  end

  test "what can't be set is said" do
    assert_raise ArgumentError, ~r/one scope at a time/, fn -> Test.enable(:a, for_actor: 1, for_group: "b") end
    assert_raise ArgumentError, ~r/no scope :for_nobody/, fn -> Test.enable(:a, for_nobody: 1) end
    assert_raise ArgumentError, ~r/not between 0 and 1/, fn -> Test.enable(:a, for_percentage_of_actors: 1.0) end

    assert_raise ArgumentError, ~r/a test can't compile a pattern/, fn ->
      Test.enable(:a, when: [{"a", :matches, "x"}])
    end

    assert_raise ArgumentError, ~r/Gonfalon.Test.start/, fn -> Test.enable(:a, client: :nobody) end
  end

  @tag :tmp_dir
  test "a snapshot is what the control plane's compiler makes, and a base stays beneath", %{tmp_dir: folder} do
    gates = [
      %{"type" => "boolean", "enabled" => true},
      %{"type" => "actor", "target" => "a", "enabled" => true},
      %{"type" => "actor", "target" => "B", "enabled" => false},
      %{"type" => "group", "target" => "g", "enabled" => false},
      %{"type" => "percentage_of_actors", "ratio" => 0.3},
      %{
        "type" => "rule",
        "enabled" => true,
        "constraints" => [
          %{
            "attribute" => "n",
            "operator" => "in",
            "values" => [1, 1.5, "x", nil, true, [1], %{"k" => 18_446_744_073_709_551_616}]
          }
        ]
      },
      %{"type" => "segment", "target" => "s", "enabled" => true},
      %{"type" => "prerequisite", "target" => "q", "enabled" => false},
      %{"type" => "schedule", "from" => "2026-11-27T00:00:00Z", "until" => nil},
      %{
        "type" => "variant",
        "variants" => [
          %{"name" => "a", "weight" => 1},
          %{"name" => "b", "weight" => 2.5, "payload" => %{"k" => [1, "x"]}},
          %{"name" => "c", "weight" => 0}
        ]
      }
    ]

    flags = %{"f" => gates, "q" => [], "time" => [%{"type" => "percentage_of_time", "ratio" => 0.00005}]}

    flags =
      Map.new(flags, fn {key, gates} ->
        {key, %{"key" => key, "gates" => gates, "killed" => key == "q", "off_variant" => nil}}
      end)

    segments = %{
      "s" => %{"key" => "s", "constraints" => [%{"attribute" => "v", "operator" => "starts_with", "values" => ["p"]}]}
    }

    document = %{flags: Map.values(flags), segments: Map.values(segments)}
    [source, compiled] = for name <- ["flags.json", "flags.snapshot"], do: Path.join(folder, name)
    File.write!(source, Gonfalon.JSON.encode(document))

    {_, 0} =
      System.cmd(Tree.program("GONFALON_BIN", "cmd/gonfalon"), ["compile", source, "-o", compiled],
        stderr_to_stdout: true
      )

    ours = Compiler.snapshot(flags, segments, nil)
    theirs = File.read!(compiled)

    assert Changes.records(ours) |> Map.take([:flags, :segments]) ==
             Changes.records(theirs) |> Map.take([:flags, :segments])

    assert %{flags: 3, segments: 1} = ours |> Gonfalon.Engine.load(1) |> Gonfalon.Engine.info()

    Test.start(client: :over_a_base, snapshot: compiled)
    Test.enable(:new, client: :over_a_base)
    assert Gonfalon.enabled?(:new, client: :over_a_base)
    assert Gonfalon.enabled?(:f, for: "a", client: :over_a_base)
    refute Gonfalon.enabled?(:f, for: "B", client: :over_a_base)
    assert Gonfalon.keys(client: :over_a_base) == ["f", "new", "q", "time"]
    assert Gonfalon.variant(:f, for: "someone", client: :over_a_base) in ["a", "b"]
  end
end
