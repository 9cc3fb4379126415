defmodule Gonfalon.Compat.BanderaTestingTest do
  @moduledoc "What Bandera's README shows of tests, section Testing, and what its migration guide says of them, step 7."
  # The client that the compatible modules ask is chosen by the application's environment, which other tests of theirs change.
  use ExUnit.Case, async: false
  use Gonfalon.Compat.Bandera.Test

  alias Gonfalon.Compat.Bandera

  setup_all do
    Application.put_env(:gonfalon, :compat_client, :bandera_testing)
    Bandera.Test.start()
    on_exit(fn -> Application.delete_env(:gonfalon, :compat_client) end)
  end

  @tag feature_flags: [checkout: true, old_checkout: false]
  test "README, Testing: a flag by a tag" do
    assert Bandera.enabled?(:checkout)
    refute Bandera.enabled?(:old_checkout)
  end

  test "README, Testing: a flag in the body" do
    enable_flag(:beta)
    assert Bandera.enabled?(:beta)
    disable_flag(:beta)
    refute Bandera.enabled?(:beta)
  end

  test "migration guide, step 7: what another test set isn't seen, and what the test starts sees its flags" do
    refute Bandera.enabled?(:checkout)
    enable_flag(:beta, "user-1")
    assert Task.await(Task.async(fn -> Bandera.enabled?(:beta, for: "user-1") end))
    refute Bandera.enabled?(:beta, for: "user-2")
    disable_flag(:beta, "user-1")
    refute Bandera.enabled?(:beta, for: "user-1")
  end

  test "flags are forgotten one by one, or all" do
    enable_flag(:one)
    enable_flag(:two)
    Bandera.Test.clear(:one)
    assert {:ok, [:two]} = Bandera.all_flag_names()
    Bandera.Test.reset()
    assert {:ok, []} = Bandera.all_flag_names()
  end

  test "groups that disagree are decided as in the library" do
    Bandera.enable(:conflict, for_group: :staff)
    Bandera.disable(:conflict, for_group: :suspended)
    assert Bandera.enabled?(:conflict, for: %{id: 1, groups: [:staff, :suspended]})
  end
end
