defmodule Gonfalon.ServerTest do
  @moduledoc "The main flow against the real control plane."
  use ExUnit.Case, async: true

  alias Gonfalon.{Admin, Plane, Watcher, Web}

  @moduletag :tmp_dir
  @on %{type: "boolean", enabled: true}
  @off %{type: "boolean", enabled: false}
  @pro %{type: "rule", enabled: true, constraints: [%{attribute: "plan", operator: "in", values: ["pro"]}]}

  setup %{tmp_dir: folder} do
    %{plane: Plane.start(Path.join(folder, "data"))}
  end

  defp start(plane, name, more \\ []) do
    token = Keyword.get_lazy(more, :token, fn -> Plane.sdk_token(plane) end)

    start_supervised!(
      {Gonfalon, Watcher.quick([name: name, endpoint: plane.url, token: token] ++ Keyword.delete(more, :token))}
    )

    [client: name]
  end

  test "a change arrives by the stream and is decided alike", %{plane: plane} do
    Plane.put!(plane, "checkout", [@pro])
    client = start(plane, :stream)
    assert Gonfalon.state(client) == :ready
    assert Gonfalon.enabled?(:checkout, [for: "user:3", context: %{plan: "pro"}] ++ client)
    refute Gonfalon.enabled?(:checkout, [for: "user:3", context: %{plan: "free"}] ++ client)

    :ok = Gonfalon.subscribe(client)
    revision = Plane.put!(plane, "checkout", [@pro, %{type: "percentage_of_actors", ratio: 0.25}])
    assert Gonfalon.wait_for(revision, 10_000, client)
    assert_receive {:gonfalon, :stream, %Gonfalon.FlagsChanged{flags: ["checkout"], revision: ^revision}}

    for id <- 1..50 do
      body = %{context: %{targetingKey: "user:#{id}"}}

      answer =
        Web.post!(plane.url <> "/ofrep/v1/evaluate/flags/checkout", body, [{"authorization", "Bearer #{Plane.token()}"}])

      assert answer["value"] == Gonfalon.enabled?(:checkout, [for: "user:#{id}"] ++ client)
    end

    assert Gonfalon.stats(client).refused == 0
    {:ok, nil, revision} = Admin.delete_flag(plane.admin, :checkout)
    assert Gonfalon.wait_for(revision, 10_000, client)
    refute Gonfalon.decide(:checkout, client).known
  end

  test "a restart is survived and resumed, also by a start meanwhile", %{plane: plane, tmp_dir: folder} do
    Plane.put!(plane, "a", [@on])
    token = Plane.sdk_token(plane)
    last_good = Path.join(folder, "last")
    client = start(plane, :survivor, token: token, last_good: last_good)
    :ok = Gonfalon.subscribe(client)
    Plane.stop(plane)
    assert_receive {:gonfalon, :survivor, %Gonfalon.StateChanged{state: :stale, previous: :ready}}
    assert Gonfalon.enabled?(:a, client)

    meanwhile = start(plane, :meanwhile, token: token, last_good: last_good)
    assert Gonfalon.state(meanwhile) == :stale
    assert Gonfalon.enabled?(:a, meanwhile)

    again = Plane.start(plane.folder, String.replace_prefix(plane.url, "http://", ""))
    revision = Plane.put!(again, "a", [@off])

    for client <- [client, meanwhile] do
      assert Gonfalon.wait_for(revision, 20_000, client)
      refute Gonfalon.enabled?(:a, client)
      assert Gonfalon.wait_ready(10_000, client)
    end
  end

  test "polling, and usage with the host that it is of", %{plane: plane} do
    Plane.put!(plane, "a", [@on])
    client = start(plane, :poller, poll_interval: 20)
    for _ <- 1..3, do: assert(Gonfalon.enabled?(:a, client))
    revision = Plane.put!(plane, "a", [@off])
    assert Gonfalon.wait_for(revision, 10_000, client)
    refute Gonfalon.enabled?(:a, client)
    assert Gonfalon.flush(client)
    {:ok, flag, _} = Admin.get_flag(plane.admin, :a)
    assert flag["evaluations"] == 4
    assert flag["last_evaluated"]
    {:ok, %{"hosts" => [host]}, _} = Admin.request(plane.admin, :get, "/v1/envs/default/hosts")
    assert %{"sdk" => "elixir", "via" => "poll", "revision" => ^revision, "current" => true} = host
    # The last report says that the host is gone.
    stop_supervised!({Gonfalon, :poller})
    assert {:ok, %{"hosts" => []}, _} = Admin.request(plane.admin, :get, "/v1/envs/default/hosts")
  end

  test "a token that is refused, and an environment that is made later", %{plane: plane} do
    refused = start(plane, :refused, token: "not-a-token", ready_within: 10_000)
    assert Gonfalon.state(refused) == :error
    assert Gonfalon.stats(refused).last_error =~ "401"
    assert Gonfalon.enabled?(:a, [default: true] ++ refused)

    missing = start(plane, :missing, token: Plane.token(), environment: "missing")
    assert Gonfalon.state(missing) == :error
    Plane.put!(plane, "a", [@on])
    {:ok, _, _} = Admin.request(plane.admin, :post, "/v1/envs", %{key: "missing", from: "default"})
    assert Gonfalon.wait_ready(10_000, missing)
    assert Gonfalon.enabled?(:a, missing)
  end

  test "a killed flag, a payload, and an explanation", %{plane: plane} do
    variants = [%{name: "blue", weight: 1, payload: %{hex: "#00f", sizes: [1, 2.5]}}]
    revision = Plane.put!(plane, "hero", [@on, %{type: "variant", variants: variants}])
    client = start(plane, :payloads)
    assert Gonfalon.wait_for(revision, 10_000, client)
    assert Gonfalon.variant(:hero, [for: 1] ++ client) == "blue"
    assert Gonfalon.payload_object(:hero, [for: 1] ++ client) == %{"hex" => "#00f", "sizes" => [1, 2.5]}

    assert to_string(Gonfalon.explain(:hero, [for: 1] ++ client)) =~
             ~r/hero · default · revision \d+ · on · STATIC · variant blue\n  boolean +yes +on/

    {:ok, _, revision} = Admin.kill_flag(plane.admin, :hero)
    assert Gonfalon.wait_for(revision, 10_000, client)
    assert %{killed: true, enabled: false, reason: :killed} = Gonfalon.decide(:hero, client)
  end

  test "a decision says that it was given up", %{plane: plane} do
    costly = %{
      type: "rule",
      enabled: true,
      constraints: [%{attribute: "a", operator: "matches", values: ["(a|.){0,99}$x"]}]
    }

    revision = Plane.put!(plane, "a", [costly, @on])
    client = start(plane, :costly)
    assert Gonfalon.wait_for(revision, 10_000, client)

    assert [{true, false}, {false, true}] =
             for(
               text <- ["/", String.duplicate("/", 30_000)],
               d = Gonfalon.decide(:a, [context: %{a: text}] ++ client),
               do: {d.enabled, d.exhausted}
             )
  end

  test "a write that somebody else was quicker with is refused", %{plane: plane} do
    {:ok, flag, _} = Admin.enable_flag(plane.admin, "a?b ü%", %{for_group: "staff"})
    assert flag["state"] == "partial"
    {:ok, flag, _} = Admin.get_flag(plane.admin, "a?b ü%")
    {:ok, _, _} = Admin.disable_flag(plane.admin, "a?b ü%")

    assert {:error, %Gonfalon.ApiError{status: 412} = error} =
             Admin.kill_flag(plane.admin, "a?b ü%", %{}, if_match: flag["version"])

    assert Exception.message(error) =~ "412"
    assert {:ok, %{"changed" => true}, _} = Admin.kill_flag(plane.admin, "a?b ü%", %{}, dry_run: true)
    {:ok, %{"killed" => false}, _} = Admin.get_flag(plane.admin, "a?b ü%")
    refute inspect(plane.admin) =~ Plane.token()

    assert {:error, %Gonfalon.ApiError{status: 0}} =
             Admin.get_flag(%{plane.admin | endpoint: "http://127.0.0.1:1"}, "a")
  end
end
