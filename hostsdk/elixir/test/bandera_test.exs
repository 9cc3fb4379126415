defmodule Gonfalon.Compat.BanderaTest do
  @moduledoc """
  What Bandera's documentation shows, one test for each example: the sections of its README and of its feature guide, then the examples of
  its functions.
  """
  use ExUnit.Case, async: false

  import ExUnit.CaptureLog

  alias Gonfalon.Compat.Bandera
  alias Gonfalon.Compat.Bandera.{Constraint, Flag, Gate}
  alias Gonfalon.Plane
  alias Gonfalon.Users.{Named, Stranger, User}

  setup_all do
    folder = Path.join(System.tmp_dir!(), "gonfalon-bandera-#{System.unique_integer([:positive])}")
    plane = Plane.start(folder)
    Plane.environment!(plane, "bandera", %{group_conflict: "allow_wins"})
    Application.put_env(:gonfalon, :compat_client, :bandera)

    on_exit(fn ->
      Application.delete_env(:gonfalon, :compat_client)
      File.rm_rf!(folder)
    end)

    token = Plane.sdk_token(plane, ["bandera"])
    options = [name: :bandera, endpoint: plane.url, token: token, admin_token: Plane.token(), environment: "bandera"]
    start_supervised!({Gonfalon, options})
    %{plane: plane}
  end

  describe "README, Usage" do
    test "simple on and off" do
      assert Bandera.enable(:checkout) == {:ok, true}
      assert Bandera.enabled?(:checkout)
      assert Bandera.disable(:checkout) == {:ok, false}
      refute Bandera.enabled?(:checkout)
    end

    test "for an actor" do
      assert Bandera.enable(:beta, for_actor: "user-1") == {:ok, true}
      assert Bandera.enabled?(:beta, for: "user-1")
      refute Bandera.enabled?(:beta, for: "user-2")
      assert Bandera.clear(:beta, for_actor: "user-1") == :ok
      refute Bandera.enabled?(:beta, for: "user-1")
    end

    test "for a group" do
      assert Bandera.enable(:beta_group, for_group: :staff) == {:ok, true}
      assert Bandera.enabled?(:beta_group, for: %{groups: [:staff]})
      assert Bandera.enabled?(:beta_group, for: %{groups: ["staff"]})
      refute Bandera.enabled?(:beta_group, for: %{groups: [:sales]})
      refute Bandera.enabled?(:beta_group, for: "staff")
    end

    test "for a percentage" do
      assert Bandera.enable(:gradual, for_percentage_of: {:actors, 0.25}) == {:ok, true}
      on = Enum.filter(1..200, &Bandera.enabled?(:gradual, for: &1))
      assert on == Enum.filter(1..200, &(Gonfalon.score(:gradual, &1) <= 0.25))
      assert Bandera.enable(:gradual, for_percentage_of: {:time, 0.10}) == {:ok, true}
      assert Enum.count(1..2000, fn _ -> Bandera.enabled?(:gradual) end) in 100..320
    end

    test "flags are removed, and looked at" do
      Bandera.enable(:removed)
      assert {:ok, %Flag{name: :removed, gates: [%Gate{type: :boolean, enabled: true}]}} = Bandera.get_flag(:removed)
      assert {:ok, names} = Bandera.all_flag_names()
      assert :removed in names
      assert Bandera.clear(:removed) == :ok
      assert {:ok, names} = Bandera.all_flag_names()
      refute :removed in names
      assert Bandera.get_flag(:removed) == {:ok, %Flag{name: :removed, gates: []}}
    end
  end

  describe "README, Actors and groups" do
    test "strings, integers and maps are actors, and a program's own structs" do
      assert Bandera.Actor.id("user-1") == "user-1"
      assert Bandera.Actor.id(42) == "42"
      assert Bandera.Actor.id(%{id: 7}) == "7"
      assert Bandera.Group.in?(%{groups: [:beta, :staff]}, "beta")
      refute Bandera.Group.in?(%{groups: [:beta]}, "alpha")
      refute Bandera.Group.in?("plain-user", "beta")

      user = %User{id: 9, roles: ["admin"]}
      Bandera.enable(:structs, for_actor: user)
      assert Bandera.enabled?(:structs, for: user)
      assert {:ok, %Flag{gates: [%Gate{type: :actor, for: "user:9"}]}} = Bandera.get_flag(:structs)
      Bandera.enable(:struct_groups, for_group: "admin")
      assert Bandera.enabled?(:struct_groups, for: user)
      Bandera.enable(:same_actor, for_actor: 42)
      for same <- [42, "42", %{id: 42}], do: assert(Bandera.enabled?(:same_actor, for: same))
    end

    test "of the groups of an actor, one that is allowed wins" do
      Bandera.enable(:conflict, for_group: :staff)
      Bandera.disable(:conflict, for_group: :suspended)
      assert Bandera.enabled?(:conflict, for: %{id: 1, groups: [:staff, :suspended]})
      refute Bandera.enabled?(:conflict, for: %{id: 1, groups: [:suspended]})
    end

    test "what the protocols raise is raised, and only where a gate asks" do
      Bandera.enable(:asks_group, for_group: :staff)
      assert Bandera.enabled?(:asks_group, for: %{groups: [:staff]})
      Bandera.enable(:asks_actor, for_actor: 1)
      assert_raise ArgumentError, fn -> Bandera.enabled?(:asks_actor, for: %{groups: [:staff]}) end
      assert_raise Protocol.UndefinedError, fn -> Bandera.enabled?(:asks_actor, for: 1.5) end
      assert_raise Protocol.UndefinedError, fn -> Bandera.enabled?(:asks_group, for: %Stranger{}) end
      Bandera.enable(:asks_nobody)
      assert Bandera.enabled?(:asks_nobody, for: 1.5)
      assert Bandera.enabled?(:asks_nobody, for: %Stranger{})
    end
  end

  describe "README, Actors and groups: what the library doesn't ask for" do
    test "groups aren't asked for where a gate names the actor, nor for a variant" do
      Bandera.enable(:names_first, for_group: :staff)
      Bandera.enable(:names_first, for_actor: "jo")
      Bandera.disable(:names_first, for_actor: "al")
      Bandera.put_variants(:names_first, %{"a" => 1})
      assert Bandera.enabled?(:names_first, for: %Named{id: "jo"})
      refute Bandera.enabled?(:names_first, for: %Named{id: "al"})
      assert Bandera.variant(:names_first, for: %Named{id: "bo"}) == "a"
      assert_raise Protocol.UndefinedError, fn -> Bandera.enabled?(:names_first, for: %Named{id: "bo"}) end
      # A parent's groups come first.
      Bandera.enable(:names_child, for_actor: "jo")
      Bandera.enable(:names_child, requires: :asks_staff)
      Bandera.enable(:asks_staff)
      assert Bandera.enabled?(:names_child, for: %Named{id: "jo"})
      Bandera.disable(:asks_staff, for_group: :staff)
      assert_raise Protocol.UndefinedError, fn -> Bandera.enabled?(:names_child, for: %Named{id: "jo"}) end
    end

    test "an id isn't asked for where a group, a rule or the boolean gate decides" do
      Bandera.enable(:ids_last, for_percentage_of: {:actors, 0.5})
      nobody = %{groups: [:staff]}
      assert_raise ArgumentError, fn -> Bandera.enabled?(:ids_last, for: nobody) end
      Bandera.enable(:ids_last, when: [{"plan", :eq, "pro"}])
      assert Bandera.enabled?(:ids_last, for: nobody, context: %{"plan" => "pro"})
      Bandera.disable(:ids_last, for_group: :staff)
      refute Bandera.enabled?(:ids_last, for: nobody)
      Bandera.enable(:ids_last, for_actor: "jo")
      assert_raise ArgumentError, fn -> Bandera.enabled?(:ids_last, for: nobody) end
      Bandera.enable(:ids_last, requires: :never_on)
      refute Bandera.enabled?(:ids_last, for: nobody)
    end

    test "an id that is no text is nobody's, and what is thrown goes through" do
      Bandera.enable(:texts_only, for_actor: "42")
      for id <- [42, nil, :"42", {1}, 1.5], do: refute(Bandera.enabled?(:texts_only, for: %Named{id: id}))
      assert catch_throw(Bandera.enabled?(:texts_only, for: %Named{id: {:throw, :ball}})) == :ball
    end
  end

  test "nothing but the program's own protocols raises" do
    Bandera.enable(:large, when: [{"plan", :eq, "pro"}])
    broken = Gonfalon.stats(client: :bandera).broken
    huge = %{"plan" => String.duplicate("x", 33 * 1024 * 1024)}
    refute Bandera.enabled?(:large, context: huge)
    assert Bandera.enabled?(:large, context: huge, default: true)
    assert Gonfalon.stats(client: :bandera).broken == broken + 2
  end

  describe "README, Multivariate flags" do
    test "a variant sticks to its actor" do
      assert {:ok, %Flag{name: :hero_cta, gates: [%Gate{type: :variant, value: %{"control" => 1, "treatment" => 1}}]}} =
               Bandera.put_variants(:hero_cta, %{"control" => 1, "treatment" => 1})

      variant = Bandera.variant(:hero_cta, for: %{id: 42})
      assert variant in ["control", "treatment"]
      for _ <- 1..5, do: assert(Bandera.variant(:hero_cta, for: %{id: 42}) == variant)
    end

    test "the default, where there is no variant or no actor" do
      assert Bandera.variant(:no_such_flag, default: "control") == "control"
      assert Bandera.variant(:no_such_flag, for: 1) == nil
      Bandera.put_variants(:needs_actor, %{"a" => 1})
      assert Bandera.variant(:needs_actor, default: "control") == "control"
      assert Bandera.variant(:needs_actor, for: nil, default: "control") == "control"
      Bandera.enable(:no_variants)
      assert Bandera.variant(:no_variants, for: 1.5, default: "control") == "control"
    end

    test "weights are shares" do
      Bandera.put_variants(:split, %{"control" => 9, "new_flow" => 1})
      counts = Enum.frequencies(for id <- 1..2000, do: Bandera.variant(:split, for: id))
      assert counts["new_flow"] in 140..260
    end
  end

  describe "README, Context-based rules" do
    test "all constraints have to match" do
      assert Bandera.enable(:new_billing, when: [{"plan", :eq, "premium"}, {"country", :eq, "US"}]) == {:ok, true}
      assert Bandera.enabled?(:new_billing, context: %{"plan" => "premium", "country" => "US"})
      refute Bandera.enabled?(:new_billing, context: %{"plan" => "free", "country" => "US"})
      refute Bandera.enabled?(:new_billing, context: %{"plan" => "premium"})
      refute Bandera.enabled?(:new_billing)
    end

    test "attributes are named by strings, and an atom is equal to none" do
      Bandera.enable(:strings_only, when: [{"plan", :eq, "premium"}])
      refute Bandera.enabled?(:strings_only, context: %{plan: "premium"})
      refute Bandera.enabled?(:strings_only, context: %{"plan" => :premium})
      Bandera.enable(:atoms_differ, when: [{"plan", :neq, "premium"}])
      assert Bandera.enabled?(:atoms_differ, context: %{"plan" => :premium})
    end

    for {operator, values, yes, no} <- [
          {:eq, "a", "a", "b"},
          {:neq, "a", "b", "a"},
          {:in, ["a", "b"], "b", "c"},
          {:not_in, ["a", "b"], "c", "b"},
          {:contains, "@acme.com", "jo@acme.com", "jo@other.com"},
          {:gt, 18, 19, 18},
          {:gte, 18, "18", "17"},
          {:lt, 18, 17, 18},
          {:lte, 18, 18, "19"},
          {:matches, "admin", "superadmin", "user"}
        ] do
      test "the operator #{operator}" do
        name = unquote(:"operator_#{operator}")
        assert Bandera.enable(name, when: [{"x", unquote(operator), unquote(values)}]) == {:ok, true}
        assert Bandera.enabled?(name, context: %{"x" => unquote(yes)})
        refute Bandera.enabled?(name, context: %{"x" => unquote(no)})
        refute Bandera.enabled?(name, context: %{"y" => unquote(yes)})
      end
    end
  end

  describe "README, Reusable segments" do
    test "flags refer to a segment, and change with it" do
      assert {:ok, %Flag{name: :"bandera_segment:premium_us", gates: [%Gate{type: :rule}]}} =
               Bandera.put_segment(:premium_us, [{"plan", :eq, "premium"}, {"country", :eq, "US"}])

      assert Bandera.enable(:billing_two, for_segment: :premium_us) == {:ok, true}
      assert Bandera.enable(:advanced_reports, for_segment: :premium_us) == {:ok, true}
      who = [context: %{"plan" => "premium", "country" => "US"}]
      assert Bandera.enabled?(:billing_two, who)
      assert Bandera.enabled?(:advanced_reports, who)
      Bandera.put_segment(:premium_us, [{"plan", :eq, "gold"}])
      refute Bandera.enabled?(:billing_two, who)
      assert Bandera.enabled?(:billing_two, context: %{"plan" => "gold"})
      assert {:ok, names} = Bandera.all_flag_names()
      assert :"bandera_segment:premium_us" in names

      assert {:ok,
              %Flag{
                gates: [%Gate{type: :rule, value: [%Constraint{attribute: "plan", operator: :eq, values: ["gold"]}]}]
              }} = Bandera.get_flag(:"bandera_segment:premium_us")
    end
  end

  describe "README, Evaluation precedence" do
    test "actor, group, rule, boolean and schedule, percentage" do
      Bandera.enable(:precedence, when: [{"plan", :eq, "pro"}])
      Bandera.disable(:precedence, for_group: :blocked)
      Bandera.enable(:precedence, for_actor: 1)
      pro = %{"plan" => "pro"}
      assert Bandera.enabled?(:precedence, for: %{id: 1, groups: [:blocked]}, context: pro)
      refute Bandera.enabled?(:precedence, for: %{id: 2, groups: [:blocked]}, context: pro)
      assert Bandera.enabled?(:precedence, for: 3, context: pro)
      refute Bandera.enabled?(:precedence, for: 3)
      Bandera.enable(:precedence)
      assert Bandera.enabled?(:precedence, for: 3)
    end
  end

  describe "README, Prerequisites" do
    test "a parent that must be on" do
      Bandera.enable(:parent_feature)
      assert Bandera.enable(:child_feature, requires: :parent_feature) == {:ok, true}
      refute Bandera.enabled?(:child_feature)
      # A write answers for its gate, whatever the flag requires.
      Bandera.disable(:parent_feature)
      assert Bandera.enable(:child_feature) == {:ok, true}
      assert Bandera.enable(:child_feature, for_actor: 1) == {:ok, true}
      refute Bandera.enabled?(:child_feature, for: 1)
      Bandera.clear(:child_feature, for_actor: 1)
      Bandera.enable(:parent_feature)
      Bandera.enable(:child_feature)
      assert Bandera.enabled?(:child_feature)
      Bandera.disable(:parent_feature)
      refute Bandera.enabled?(:child_feature)
    end

    test "a parent that must be off, and may be missing" do
      assert Bandera.enable(:other_child, requires: {:absent_parent, false}) == {:ok, true}
      Bandera.enable(:other_child)
      assert Bandera.enabled?(:other_child)
      assert Bandera.clear(:other_child, requires: {:absent_parent, false}) == :ok
      Bandera.enable(:other_child, requires: :absent_parent)
      refute Bandera.enabled?(:other_child)
      assert Bandera.clear(:other_child, requires: :absent_parent) == :ok
      assert Bandera.enabled?(:other_child)
    end

    test "a cycle is refused when it is written" do
      Bandera.enable(:cycle_a, requires: :cycle_b)
      assert {:error, %Gonfalon.ApiError{status: status}} = Bandera.enable(:cycle_b, requires: :cycle_a)
      assert status in 400..499
    end
  end

  describe "README, Scheduling" do
    test "a window" do
      assert Bandera.enable(:black_friday, schedule: {"2020-11-27T00:00:00Z", "2099-11-30T23:59:59Z"}) == {:ok, true}
      assert Bandera.enabled?(:black_friday)
      Bandera.enable(:black_friday, schedule: {"2020-11-27T00:00:00Z", "2020-11-30T23:59:59Z"})
      refute Bandera.enabled?(:black_friday)
    end

    test "an open end" do
      assert Bandera.enable(:new_nav, schedule: {"2020-06-01T00:00:00Z", nil}) == {:ok, true}
      assert Bandera.enabled?(:new_nav)

      assert {:ok, %Flag{gates: [%Gate{type: :schedule, value: %{"from" => "2020-06-01T00:00:00Z", "until" => nil}}]}} =
               Bandera.get_flag(:new_nav)

      assert Bandera.clear(:new_nav, schedule: true) == :ok
      refute Bandera.enabled?(:new_nav)
    end

    test "what can't be read is refused when it is written" do
      assert {:error, %Gonfalon.ApiError{}} = Bandera.enable(:bad_window, schedule: {"tomorrow", nil})
      refute Bandera.enabled?(:bad_window)
    end
  end

  describe "README, Fail-open default" do
    test "the default counts where nothing is loaded, and not where a flag is off" do
      refute Bandera.enabled?(:never_written, default: true)
      Application.put_env(:gonfalon, :compat_client, :nobody)
      assert Bandera.enabled?(:never_written, default: true)
      assert Bandera.enabled?(:never_written, for: "somebody", default: true)
      refute Bandera.enabled?(:never_written)
    after
      Application.put_env(:gonfalon, :compat_client, :bandera)
    end
  end

  describe "README, Audit log" do
    test "a function hears of each change, and of who made it", %{plane: plane} do
      test = self()
      assert Bandera.Audit.attach(:my_audit, &send(test, &1)) == :ok
      Bandera.enable(:promo, by: "admin@example.com")

      assert_received %Bandera.Audit.Event{
        action: :enable,
        flag_name: :promo,
        actor: "admin@example.com",
        result: {:ok, true},
        at: %DateTime{}
      }

      Bandera.disable(:promo, for_actor: %{id: 1}, by: "admin@example.com")

      assert_received %Bandera.Audit.Event{
        action: :disable,
        flag_name: :promo,
        options: [for_actor: %{id: 1}, by: "admin@example.com"]
      }

      Bandera.clear(:promo)
      assert_received %Bandera.Audit.Event{action: :clear, actor: nil, result: :ok}
      assert Bandera.Audit.detach(:my_audit) == :ok
      Bandera.enable(:promo)
      refute_received %Bandera.Audit.Event{}

      assert {:ok, %{"entries" => entries}, _} =
               Gonfalon.Admin.request(plane.admin, :get, "/v1/audit?env=bandera&flag=promo")

      assert Enum.any?(entries, &(&1["reason"] == "by admin@example.com"))
    end
  end

  describe "README, Stale flags" do
    test "those that no host evaluated" do
      Bandera.enable(:dusty)
      Bandera.enable(:used)
      assert Bandera.enabled?(:used)
      assert Gonfalon.flush(client: :bandera)
      stale = Bandera.stale_flags()
      assert :dusty in stale
      refute :used in stale
      refute :used in Bandera.stale_flags(older_than: 60)
      assert %DateTime{} = Bandera.Usage.last_evaluated(:used)
      assert Bandera.Usage.last_evaluated(:dusty) == nil
      assert Bandera.Usage.attach() == :ok
      start_supervised!(Bandera.Usage)
    end
  end

  describe "README, Telemetry" do
    test "events are those of the library" do
      events = [
        [:enabled?],
        [:variant],
        [:enable, :start],
        [:enable, :stop],
        [:put_variants, :stop],
        [:persistence, :put, :stop],
        [:persistence, :all_flags, :stop]
      ]

      :telemetry.attach_many(:bandera_test, for(e <- events, do: [:bandera | e]), &__MODULE__.heard/4, self())
      Bandera.enable(:told, for_actor: 1)
      assert_received {[:bandera, :enable, :start], _, %{flag_name: :told, options: [for_actor: 1]}}

      assert_received {[:bandera, :persistence, :put, :stop], %{duration: _},
                       %{flag_name: :told, gate: %Gate{type: :actor, for: "1"}}}

      assert_received {[:bandera, :enable, :stop], %{duration: _}, %{flag_name: :told, result: {:ok, true}}}
      Bandera.enabled?(:told, for: 1, default: true)
      assert_received {[:bandera, :enabled?], %{system_time: _}, %{flag_name: :told, options: [for: 1], result: true}}
      Bandera.enabled?(:told, for: nil)
      assert_received {[:bandera, :enabled?], _, %{options: [], result: false}}
      Bandera.variant(:told, for: 1, default: "x")
      assert_received {[:bandera, :variant], _, %{options: [for: 1, default: "x"], result: "x"}}
      Bandera.put_variants(:told, %{"a" => 1})
      assert_received {[:bandera, :put_variants, :stop], _, %{weights: %{"a" => 1}, result: {:ok, %Flag{}}}}
      Bandera.all_flags()
      assert_received {[:bandera, :persistence, :all_flags, :stop], _, _}
    after
      :telemetry.detach(:bandera_test)
    end
  end

  def heard(event, measurements, metadata, pid), do: send(pid, {event, measurements, metadata})

  describe "Feature guide, Multivariate flags" do
    test "a weight of 0 is never served" do
      Bandera.put_variants(:checkout_button, %{"blue" => 1, "green" => 1, "red" => 0})
      served = for id <- 1..300, uniq: true, do: Bandera.variant(:checkout_button, for: id)
      assert Enum.sort(served) == ["blue", "green"]
    end
  end

  describe "Feature guide, Targeting rules and context" do
    test "countries and a plan" do
      Bandera.enable(:eu_pricing, when: [{"country", :in, ["DE", "FR", "ES"]}, {"plan", :eq, "premium"}])
      assert Bandera.enabled?(:eu_pricing, context: %{"country" => "FR", "plan" => "premium"})
      refute Bandera.enabled?(:eu_pricing, context: %{"country" => "US", "plan" => "premium"})
      assert Bandera.clear(:eu_pricing, rule: true) == :ok
      refute Bandera.enabled?(:eu_pricing, context: %{"country" => "FR", "plan" => "premium"})
    end
  end

  describe "Bandera.enable/2" do
    test "a second percentage takes the place of the first" do
      Bandera.enable(:percentages, for_percentage_of: {:time, 0.5})
      Bandera.enable(:percentages, for_percentage_of: {:actors, 0.5})
      assert {:ok, %Flag{gates: [%Gate{type: :percentage_of_actors, for: 0.5}]}} = Bandera.get_flag(:percentages)
      assert Bandera.clear(:percentages, for_percentage: true) == :ok
      assert {:ok, %Flag{gates: []}} = Bandera.get_flag(:percentages)
    end

    test "what can't be a gate raises" do
      assert_raise Gate.InvalidTargetError, "percentage_of_time gates require a ratio in the range 0.0 < r < 1.0", fn ->
        Bandera.enable(:bad, for_percentage_of: {:time, 1.5})
      end

      assert_raise Gate.InvalidTargetError, "variant gates require at least one positive weight", fn ->
        Bandera.put_variants(:bad, %{"a" => 0})
      end

      assert_raise Gate.InvalidTargetError, "variant weights must be non-negative numbers", fn ->
        Bandera.put_variants(:bad, %{"a" => -1})
      end

      assert_raise Gate.InvalidTargetError, "variant gates require a non-empty %{name => weight} map", fn ->
        Bandera.put_variants(:bad, %{})
      end

      assert_raise ArgumentError, fn -> Bandera.enable(:bad, when: []) end
      assert_raise ArgumentError, fn -> Bandera.put_segment(:bad, []) end
      assert_raise FunctionClauseError, fn -> Bandera.enable(:bad, for_actor: 1, for_group: :a) end
      assert_raise FunctionClauseError, fn -> Bandera.enable(:bad, unknown: 1) end
      assert_raise FunctionClauseError, fn -> Bandera.enable("bad") end
      assert_raise FunctionClauseError, fn -> Constraint.new("a", :sounds_like, 1) end
    end

    test "nobody, and no group, is everybody" do
      assert Bandera.enable(:everybody, for_actor: nil) == {:ok, true}
      assert Bandera.disable(:everybody, for_group: nil) == {:ok, false}
      refute Bandera.enabled?(:everybody)
    end
  end

  describe "Bandera.disable/2" do
    test "a percentage is its complement, and other scopes are errors" do
      assert Bandera.disable(:complement, for_percentage_of: {:actors, 0.3}) == {:ok, false}
      assert {:ok, %Flag{gates: [%Gate{type: :percentage_of_actors, for: 0.7}]}} = Bandera.get_flag(:complement)
      assert Bandera.disable(:complement, for_percentage_of: {:actors, 1}) == {:error, :unsupported_scope}
      assert Bandera.disable(:complement, when: [{"a", :eq, 1}]) == {:error, :unsupported_scope}
      assert Bandera.disable(:complement, for_segment: :x) == {:error, :unsupported_scope}
    end

    test "an open schedule still grants" do
      Bandera.enable(:still_on, schedule: {nil, "2099-01-01T00:00:00Z"})
      assert Bandera.disable(:still_on) == {:ok, true}
      assert Bandera.enabled?(:still_on)
    end
  end

  describe "Bandera.clear/2" do
    test "each gate, and what isn't there" do
      Bandera.enable(:cleared, for_segment: :some)
      assert Bandera.clear(:cleared, for_segment: :some) == :ok
      Bandera.put_variants(:cleared, %{"a" => 1})
      assert Bandera.clear(:cleared, variant: true) == :ok
      assert Bandera.variant(:cleared, for: 1) == nil
      assert Bandera.clear(:never_there) == :ok
      assert Bandera.clear(:never_there, boolean: true) == :ok
      assert Bandera.clear(:cleared, unknown: true) == {:error, :unsupported_scope}
      assert Bandera.clear(:cleared, boolean: true, rule: true) == {:error, :unsupported_scope}
    end
  end

  test "it warns where groups that disagree are decided in another way", %{plane: plane} do
    start_supervised!({Gonfalon, name: :denying, endpoint: plane.url, token: Plane.token()})
    Application.put_env(:gonfalon, :compat_client, :denying)
    Logger.configure(level: :warning)
    log = capture_log(fn -> for _ <- 1..3, do: Bandera.enabled?(:anything) end)
    Logger.configure(level: :none)
    assert [_, _] = String.split(log, "gonfalon envs set default --group-conflict allow_wins")
  after
    Application.put_env(:gonfalon, :compat_client, :bandera)
  end

  test "configuration is there already" do
    assert Bandera.reload_config() == :ok
  end
end
