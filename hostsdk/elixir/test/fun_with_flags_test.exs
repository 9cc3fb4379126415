defmodule Gonfalon.Compat.FunWithFlagsTest do
  @moduledoc """
  What FunWithFlags' documentation shows, one test for each example: the sections of its README, then the examples of its functions.
  """
  use ExUnit.Case, async: false

  import ExUnit.CaptureLog

  alias Gonfalon.Compat.FunWithFlags
  alias Gonfalon.{Plane, Users}
  alias Gonfalon.Users.User

  setup_all do
    folder = Path.join(System.tmp_dir!(), "gonfalon-fwf-#{System.unique_integer([:positive])}")
    plane = Plane.start(folder)
    Application.put_env(:gonfalon, :compat_client, :fun_with_flags)

    on_exit(fn ->
      Application.delete_env(:gonfalon, :compat_client)
      File.rm_rf!(folder)
    end)

    start_supervised!({Gonfalon, name: :fun_with_flags, endpoint: plane.url, token: Plane.token()})
    %{plane: plane}
  end

  describe "README, Boolean Gate" do
    test "a flag is off, on, and off again" do
      refute FunWithFlags.enabled?(:cool_new_feature)
      assert FunWithFlags.enable(:cool_new_feature) == {:ok, true}
      assert FunWithFlags.enabled?(:cool_new_feature)
      assert FunWithFlags.disable(:cool_new_feature) == {:ok, false}
      refute FunWithFlags.enabled?(:cool_new_feature)
    end
  end

  describe "README, Actor Gate" do
    test "protocols name actors" do
      assert FunWithFlags.Actor.id(%User{id: 1}) == "user:1"
      assert FunWithFlags.Actor.id(%{actor_id: "bar"}) == "map:bar"
      assert FunWithFlags.Actor.id(%{foo: "bar"}) == "map:E0BB5BA6873E3AC34B0B6928190C1F2B"
      assert FunWithFlags.Actor.id("foobar") == "string:foobar"
    end

    test "a flag is on or off for one actor, whatever it is for others" do
      bruce = %User{id: 1, name: "Bruce"}
      alfred = %User{id: 2, name: "Alfred"}
      assert FunWithFlags.enable(:restful_nights) == {:ok, true}
      assert FunWithFlags.disable(:restful_nights, for_actor: bruce) == {:ok, false}
      assert FunWithFlags.enable(:batmobile, for_actor: bruce) == {:ok, true}

      assert FunWithFlags.enabled?(:restful_nights)
      refute FunWithFlags.enabled?(:batmobile)
      assert FunWithFlags.enabled?(:restful_nights, for: alfred)
      refute FunWithFlags.enabled?(:batmobile, for: alfred)
      refute FunWithFlags.enabled?(:restful_nights, for: bruce)
      assert FunWithFlags.enabled?(:batmobile, for: bruce)
    end

    test "maps and strings are actors where the program says so" do
      assert {:ok, false} = FunWithFlags.disable(:foobar, for_actor: %{actor_id: "just a map"})
      assert {:ok, true} = FunWithFlags.enable(:foobar, for_actor: "just a string")
      refute FunWithFlags.enabled?(:foobar, for: %{actor_id: "just a map"})
      assert FunWithFlags.enabled?(:foobar, for: "just a string")
    end
  end

  describe "README, Group Gate" do
    test "protocols say who is in a group, and nobody is by default" do
      elisabeth = %User{email: "elisabeth@mycompany.com", groups: ["engineering", "product"]}
      assert FunWithFlags.Group.in?(elisabeth, "employee")
      assert FunWithFlags.Group.in?(elisabeth, "engineering")
      refute FunWithFlags.Group.in?(elisabeth, "marketing")
      assert FunWithFlags.Group.in?(%{group: "dumb_tests"}, "dumb_tests")
      refute FunWithFlags.Group.in?(:whatever, "dumb_tests")
    end

    test "a flag is on for a group" do
      elisabeth = %User{id: 5, email: "elisabeth@mycompany.com", groups: ["engineering", "product"]}
      FunWithFlags.disable(:database_access)
      FunWithFlags.enable(:database_access, for_group: "engineering")
      refute FunWithFlags.enabled?(:database_access)
      assert FunWithFlags.enabled?(:database_access, for: elisabeth)
    end

    test "an atom names the same group" do
      assert FunWithFlags.enable(:atoms, for_group: :engineering) == {:ok, true}
      assert FunWithFlags.enabled?(:atoms, for: %User{id: 5, groups: ["engineering"]})
    end

    test "what has no id is decided by its groups alone" do
      FunWithFlags.enable(:groups_alone, for_group: "staff")
      assert FunWithFlags.enabled?(:groups_alone, for: %Users.Visitor{group: "staff"})
      refute FunWithFlags.enabled?(:groups_alone, for: %Users.Stranger{})
    end

    test "what the program's own protocol raises is raised" do
      FunWithFlags.enable(:raises_id, for_actor: "somebody")
      assert_raise Protocol.UndefinedError, fn -> FunWithFlags.enabled?(:raises_id, for: %Users.Stranger{}) end
      FunWithFlags.enable(:raises_group, for_group: "broken")
      assert_raise RuntimeError, "who knows", fn -> FunWithFlags.enabled?(:raises_group, for: %Users.Visitor{}) end
    end
  end

  test "groups aren't asked for where a gate names the actor, and an id that is no text is nobody's" do
    FunWithFlags.enable(:named, for_group: "broken")
    FunWithFlags.enable(:named, for_actor: %Users.Named{id: "jo"})
    assert FunWithFlags.enabled?(:named, for: %Users.Named{id: "jo"})
    assert_raise RuntimeError, "who knows", fn -> FunWithFlags.enabled?(:named, for: %Users.Named{id: "al"}) end
    FunWithFlags.enable(:staffed, for_group: "staff")
    for id <- [42, nil], do: assert(FunWithFlags.enabled?(:staffed, for: %Users.Named{id: id}))
  end

  describe "README, Gate Priority and Interactions" do
    test "actors before groups before the boolean gate, and a group that denies before one that allows" do
      FunWithFlags.enable(:priority)
      FunWithFlags.disable(:priority, for_group: "muggles")
      FunWithFlags.enable(:priority, for_group: "wizards")
      FunWithFlags.enable(:priority, for_actor: %User{id: 3})
      assert FunWithFlags.enabled?(:priority)
      refute FunWithFlags.enabled?(:priority, for: %User{id: 1, groups: ["muggles"]})
      refute FunWithFlags.enabled?(:priority, for: %User{id: 1, groups: ["muggles", "wizards"]})
      assert FunWithFlags.enabled?(:priority, for: %User{id: 3, groups: ["muggles"]})
    end

    test "a percentage is looked at last" do
      FunWithFlags.disable(:last)
      FunWithFlags.enable(:last, for_percentage_of: {:actors, 0.5})
      on = Enum.filter(1..40, &FunWithFlags.enabled?(:last, for: %User{id: &1}))
      assert on == Enum.filter(1..40, &(FunWithFlags.Actor.Percentage.score(%User{id: &1}, :last) <= 0.5))
      refute FunWithFlags.enabled?(:last)
      FunWithFlags.disable(:last, for_actor: %User{id: hd(on)})
      FunWithFlags.enable(:last, for_group: "staff")
      refute FunWithFlags.enabled?(:last, for: %User{id: hd(on), groups: ["staff"]})
      assert Enum.all?(41..80, &FunWithFlags.enabled?(:last, for: %User{id: &1, groups: ["staff"]}))
      refute FunWithFlags.enabled?(:last)
    end
  end

  describe "README, Percentage of Time Gate" do
    test "a share of the calls" do
      FunWithFlags.clear(:alternative_implementation)
      assert FunWithFlags.enable(:alternative_implementation, for_percentage_of: {:time, 0.3}) == {:ok, true}
      on = Enum.count(1..2000, fn _ -> FunWithFlags.enabled?(:alternative_implementation) end)
      assert on in 450..750
    end
  end

  describe "README, Percentage of Actors Gate" do
    test "scores are those of the library" do
      [frodo, sam, pippin, merry] = for id <- 1..4, do: %User{id: id}
      assert FunWithFlags.Actor.Percentage.score(frodo, :pipeweed) == 0.8658294677734375
      assert FunWithFlags.Actor.Percentage.score(sam, :pipeweed) == 0.68426513671875
      assert FunWithFlags.Actor.Percentage.score(pippin, :pipeweed) == 0.510528564453125
      assert FunWithFlags.Actor.Percentage.score(merry, :pipeweed) == 0.2617645263671875
      assert FunWithFlags.Actor.Percentage.score(pippin, :mushrooms) == 0.6050872802734375
      assert FunWithFlags.Actor.Percentage.score(pippin, :palantir) == 0.144073486328125
    end

    test "a growing share keeps who is in it" do
      [frodo, sam, pippin, merry] = for id <- 1..4, do: %User{id: id}
      assert FunWithFlags.enable(:pipeweed, for_percentage_of: {:actors, 0.60}) == {:ok, true}
      refute FunWithFlags.enabled?(:pipeweed, for: frodo)
      refute FunWithFlags.enabled?(:pipeweed, for: sam)
      assert FunWithFlags.enabled?(:pipeweed, for: pippin)
      assert FunWithFlags.enabled?(:pipeweed, for: merry)
      assert FunWithFlags.enable(:pipeweed, for_percentage_of: {:actors, 0.685}) == {:ok, true}
      assert FunWithFlags.enabled?(:pipeweed, for: sam)
    end

    test "with a group beside it" do
      FunWithFlags.clear(:new_design)
      FunWithFlags.enable(:new_design, for_percentage_of: {:actors, 0.2})
      FunWithFlags.enable(:new_design, for_group: "beta_testers")
      assert FunWithFlags.enabled?(:new_design, for: %User{id: 1, groups: ["beta_testers"]})
    end

    test "it takes the place of a percentage of the time" do
      FunWithFlags.enable(:replaced, for_percentage_of: {:time, 0.5})
      FunWithFlags.enable(:replaced, for_percentage_of: {:actors, 0.5})
      assert [%FunWithFlags.Gate{type: :percentage_of_actors, for: 0.5}] = FunWithFlags.get_flag(:replaced).gates
    end
  end

  describe "README, Clearing a Feature Flag's Rules" do
    test "gates go one by one, and then the flag" do
      harry = %User{id: 1, groups: ["wizards", "gryffindor"]}
      hagrid = %User{id: 2, groups: ["wizards", "gamekeeper"]}
      dudley = %User{id: 3, groups: ["muggles"]}

      answers = fn ->
        [FunWithFlags.enabled?(:wands) | Enum.map([harry, hagrid, dudley], &FunWithFlags.enabled?(:wands, for: &1))]
      end

      FunWithFlags.disable(:wands)
      FunWithFlags.enable(:wands, for_group: "wizards")
      FunWithFlags.disable(:wands, for_actor: hagrid)
      assert answers.() == [false, true, false, false]
      assert FunWithFlags.clear(:wands, for_actor: hagrid) == :ok
      assert FunWithFlags.enabled?(:wands, for: hagrid)
      assert FunWithFlags.clear(:wands, for_group: "wizards") == :ok
      refute FunWithFlags.enabled?(:wands, for: hagrid)
      refute FunWithFlags.enabled?(:wands, for: harry)

      FunWithFlags.enable(:magic_powers, for_percentage_of: {:time, 0.0001})
      assert FunWithFlags.clear(:magic_powers, for_percentage: true) == :ok
      assert FunWithFlags.get_flag(:magic_powers) == nil

      FunWithFlags.enable(:wands, for_group: "wizards")
      FunWithFlags.disable(:wands, for_actor: hagrid)
      FunWithFlags.enable(:wands)
      assert answers.() == [true, true, false, true]
      assert FunWithFlags.clear(:wands, boolean: true) == :ok
      assert answers.() == [false, true, false, false]
      assert FunWithFlags.clear(:wands) == :ok
      assert answers.() == [false, false, false, false]
    end
  end

  describe "FunWithFlags.enabled?/2" do
    test "for actors and groups of the reference implementation" do
      harry = %User{id: 1, groups: ["wizards", "gryffindor"]}
      voldemort = %User{id: 7, groups: ["wizards", "slytherin"]}
      filch = %User{id: 88, groups: ["staff"]}
      FunWithFlags.disable(:elder_wand)
      FunWithFlags.enable(:elder_wand, for_actor: harry)
      refute FunWithFlags.enabled?(:elder_wand)
      assert FunWithFlags.enabled?(:elder_wand, for: harry)
      refute FunWithFlags.enabled?(:elder_wand, for: voldemort)
      FunWithFlags.enable(:magic_wands, for_group: "wizards")
      assert FunWithFlags.enabled?(:magic_wands, for: harry)
      assert FunWithFlags.enabled?(:magic_wands, for: voldemort)
      refute FunWithFlags.enabled?(:magic_wands, for: filch)
    end

    test "nobody is no actor, and a flag's name is an atom" do
      FunWithFlags.enable(:for_nobody)
      assert FunWithFlags.enabled?(:for_nobody, for: nil)
      assert_raise FunctionClauseError, fn -> FunWithFlags.enabled?("for_nobody") end
      assert_raise FunctionClauseError, fn -> FunWithFlags.enabled?(:for_nobody, unknown: 1) end
    end
  end

  describe "FunWithFlags.enable/2" do
    test "Enable globally" do
      refute FunWithFlags.enabled?(:super_shrink_ray)
      assert FunWithFlags.enable(:super_shrink_ray) == {:ok, true}
      assert FunWithFlags.enabled?(:super_shrink_ray)
    end

    test "Enable for an actor" do
      assert FunWithFlags.disable(:warp_drive) == {:ok, false}
      assert FunWithFlags.enable(:warp_drive, for_actor: "Scotty") == {:ok, true}
      refute FunWithFlags.enabled?(:warp_drive)
      assert FunWithFlags.enabled?(:warp_drive, for: "Scotty")
    end

    test "Enable for a group" do
      assert FunWithFlags.enable(:delorean, for_group: "time_travelers") == {:ok, true}
      refute FunWithFlags.enabled?(:delorean)
      refute FunWithFlags.enabled?(:delorean, for: %User{groups: ["gunmen", "bandits"]})
      assert FunWithFlags.enabled?(:delorean, for: %User{groups: ["students", "time_travelers"]})
      assert FunWithFlags.enabled?(:delorean, for: %User{groups: ["scientists", "time_travelers"]})
    end

    test "Enable for a percentage of the time" do
      FunWithFlags.disable(:random_glitch)
      FunWithFlags.enable(:random_glitch, for_percentage_of: {:time, 0.999999999})
      # The share is of ten thousand draws.
      assert Enum.count(1..100, fn _ -> FunWithFlags.enabled?(:random_glitch) end) >= 98
      FunWithFlags.enable(:random_glitch, for_percentage_of: {:time, 0.000000001})
      refute FunWithFlags.enabled?(:random_glitch)
    end

    test "Enable for a percentage of the actors" do
      FunWithFlags.disable(:new_ui)
      FunWithFlags.enable(:new_ui, for_percentage_of: {:actors, 0.5})
      refute FunWithFlags.enabled?(:new_ui)
      assert FunWithFlags.enabled?(:new_ui, for: %User{id: 42, name: "Marty McFly"})
      refute FunWithFlags.enabled?(:new_ui, for: %User{id: 2, name: "Buford Tannen"})
    end

    test "percentages are above 0 and below 1, and groups are named by binaries or atoms" do
      assert_raise FunWithFlags.Gate.InvalidTargetError, fn ->
        FunWithFlags.enable(:wrong, for_percentage_of: {:time, 1.0})
      end

      assert_raise FunWithFlags.Gate.InvalidTargetError, fn ->
        FunWithFlags.enable(:wrong, for_percentage_of: {:actors, 0.0})
      end

      assert_raise FunWithFlags.Gate.InvalidGroupNameError, fn -> FunWithFlags.enable(:wrong, for_group: 1) end
      assert_raise FunctionClauseError, fn -> FunWithFlags.enable(:wrong, for_actor: "a", for_group: "b") end
      assert FunWithFlags.get_flag(:wrong) == nil
    end
  end

  describe "FunWithFlags.disable/2" do
    test "Disable globally" do
      FunWithFlags.enable(:random_koala_gifs)
      assert FunWithFlags.enabled?(:random_koala_gifs)
      assert FunWithFlags.disable(:random_koala_gifs) == {:ok, false}
      refute FunWithFlags.enabled?(:random_koala_gifs)
    end

    test "Disable for an actor" do
      assert FunWithFlags.enable(:spider_sense) == {:ok, true}
      villain = %{name: "Venom"}
      assert FunWithFlags.disable(:spider_sense, for_actor: villain) == {:ok, false}
      assert FunWithFlags.enabled?(:spider_sense)
      refute FunWithFlags.enabled?(:spider_sense, for: villain)
    end

    test "Disable for a group" do
      assert FunWithFlags.enable(:hogwarts) == {:ok, true}
      assert FunWithFlags.disable(:hogwarts, for_group: "muggles") == {:ok, false}
      assert FunWithFlags.enabled?(:hogwarts)
      assert FunWithFlags.enabled?(:hogwarts, for: %User{id: 1, groups: ["wizards"]})
      refute FunWithFlags.enabled?(:hogwarts, for: %User{id: 2, groups: ["muggles"]})
    end

    test "Disable for a percentage of the time" do
      assert FunWithFlags.clear(:other_glitch) == :ok
      assert FunWithFlags.disable(:other_glitch, for_percentage_of: {:time, 0.999999999}) == {:ok, false}
      refute FunWithFlags.enabled?(:other_glitch)
      assert FunWithFlags.disable(:other_glitch, for_percentage_of: {:time, 0.000000001}) == {:ok, false}
      assert Enum.count(1..100, fn _ -> FunWithFlags.enabled?(:other_glitch) end) >= 98
    end

    test "Disable for a percentage of the actors" do
      assert FunWithFlags.disable(:old_ui, for_percentage_of: {:actors, 0.3}) == {:ok, false}

      assert [%FunWithFlags.Gate{type: :percentage_of_actors, for: 0.7, enabled: true}] =
               FunWithFlags.get_flag(:old_ui).gates
    end
  end

  describe "FunWithFlags.clear/2" do
    test "what isn't there is cleared, too" do
      assert FunWithFlags.clear(:never_made) == :ok
      assert FunWithFlags.clear(:never_made, boolean: true) == :ok
      assert FunWithFlags.clear(:never_made, for_actor: "nobody") == :ok
      assert_raise FunctionClauseError, fn -> FunWithFlags.clear(:never_made, unknown: true) end
    end
  end

  describe "FunWithFlags.all_flag_names/0, all_flags/0 and get_flag/1" do
    test "flags are data structures" do
      FunWithFlags.enable(:structured)
      FunWithFlags.disable(:structured, for_group: :staff)
      assert {:ok, names} = FunWithFlags.all_flag_names()
      assert :structured in names
      assert {:ok, flags} = FunWithFlags.all_flags()
      flag = Enum.find(flags, &(&1.name == :structured))
      assert %FunWithFlags.Flag{name: :structured, gates: gates} = flag

      assert Enum.sort(gates) ==
               Enum.sort([
                 %FunWithFlags.Gate{type: :boolean, enabled: true},
                 %FunWithFlags.Gate{type: :group, for: "staff", enabled: false}
               ])

      assert FunWithFlags.get_flag(:structured) == flag
      assert FunWithFlags.get_flag(:not_there_at_all) == nil
      FunWithFlags.clear(:structured)
      assert {:ok, names} = FunWithFlags.all_flag_names()
      refute :structured in names
    end
  end

  describe "README, Telemetry" do
    test "events are those of the library's store" do
      :telemetry.attach_many(
        :fun_with_flags_test,
        for(e <- [:write, :delete_gate, :delete_flag, :read, :error], do: [:fun_with_flags, :persistence, e]),
        &__MODULE__.heard/4,
        self()
      )

      FunWithFlags.enable(:measured)

      assert_received {[:fun_with_flags, :persistence, :write], %{system_time: _},
                       %{flag_name: :measured, gate: %FunWithFlags.Gate{type: :boolean}}}

      FunWithFlags.get_flag(:measured)
      assert_received {[:fun_with_flags, :persistence, :read], _, %{flag_name: :measured}}
      FunWithFlags.clear(:measured, boolean: true)
      assert_received {[:fun_with_flags, :persistence, :delete_gate], _, %{flag_name: :measured}}
      FunWithFlags.clear(:measured)
      assert_received {[:fun_with_flags, :persistence, :delete_flag], _, %{flag_name: :measured}}
    after
      :telemetry.detach(:fun_with_flags_test)
    end
  end

  def heard(event, measurements, metadata, pid), do: send(pid, {event, measurements, metadata})

  test "it warns where groups that disagree are decided in another way", %{plane: plane} do
    Plane.environment!(plane, "allowing", %{group_conflict: "allow_wins"})
    start_supervised!({Gonfalon, name: :allowing, endpoint: plane.url, token: Plane.token(), environment: "allowing"})
    Application.put_env(:gonfalon, :compat_client, :allowing)
    Logger.configure(level: :warning)
    log = capture_log(fn -> for _ <- 1..3, do: FunWithFlags.enabled?(:anything) end)
    Logger.configure(level: :none)
    Application.put_env(:gonfalon, :compat_client, :fun_with_flags)
    assert [_, _] = String.split(log, "gonfalon envs set allowing --group-conflict deny_wins")
    assert capture_log(fn -> FunWithFlags.enabled?(:anything) end) == ""
  end

  test "without a client a flag is off, and a write is an error" do
    Application.put_env(:gonfalon, :compat_client, :nobody)
    refute FunWithFlags.enabled?(:anything)
    assert FunWithFlags.enable(:anything) == {:error, :no_control_plane}
  after
    Application.put_env(:gonfalon, :compat_client, :fun_with_flags)
  end
end
