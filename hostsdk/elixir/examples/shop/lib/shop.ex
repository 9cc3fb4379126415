defmodule Shop.User do
  @moduledoc "A user is an actor, and knows the groups that flags name."
  defstruct [:id, groups: []]

  defimpl Gonfalon.Actor do
    def id(user), do: "user:#{user.id}"
  end

  defimpl Gonfalon.Group do
    def in?(user, name), do: name in user.groups
  end
end

defmodule Shop do
  @moduledoc """
  A small shop: a supervisor with a client, and a process that asks. With a server running (`make run`):

      GONFALON_TOKEN=gfn_admin_… mix run -e Shop.run

  It prints what user:3 of group staff sees, and again after each change, until its input ends.
  """

  def run do
    endpoint = System.get_env("GONFALON_ENDPOINT", "http://127.0.0.1:8080")
    {:ok, _} = Supervisor.start_link([{Gonfalon, endpoint: endpoint}], strategy: :one_for_one)
    user = %Shop.User{id: 3, groups: ["staff"]}
    Gonfalon.subscribe()
    show(user)
    shop = self()
    spawn_link(fn -> for(_ <- IO.stream(), do: :ok) && send(shop, :end) end)
    watch(user)
  end

  defp show(user) do
    checkout = if Gonfalon.enabled?(:new_checkout, for: user, context: %{plan: "pro"}), do: "new", else: "old"
    IO.puts("flags are #{Gonfalon.state()}: the #{checkout} checkout")
    IO.puts(Gonfalon.explain(:new_checkout, for: user, context: %{plan: "pro"}))
  end

  defp watch(user) do
    receive do
      :end ->
        :ok

      {:gonfalon, _, %Gonfalon.FlagsChanged{flags: flags}} ->
        IO.puts("changed: #{Enum.join(flags, ", ")}")
        show(user)
        watch(user)

      {:gonfalon, _, %Gonfalon.StateChanged{}} ->
        watch(user)
    end
  end
end
