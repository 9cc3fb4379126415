defprotocol Gonfalon.Actor do
  @moduledoc """
  Says who something is, for percentages, variants and gates that name actors.

      defimpl Gonfalon.Actor, for: MyApp.User do
        def id(user), do: "user:\#{user.id}"
      end

      Gonfalon.enabled?(:new_checkout, for: current_user)

  Strings, integers and floats without a fraction are actors already, and aren't asked. An id is one of these, or something else
  that knows its id; `nil` is an actor without an id, of whom only the groups count. What doesn't implement this protocol is nobody,
  but for what implements `Gonfalon.Group`.
  """

  @doc "Returns the actor's id. It must stay the same as long as the actor does."
  @spec id(t) :: String.t() | integer | nil | term
  def id(actor)
end

defprotocol Gonfalon.Group do
  @moduledoc """
  Says which groups an actor is in. It is asked only about the groups that the flag, or a flag that it requires, names.

      defimpl Gonfalon.Group, for: MyApp.User do
        def in?(user, name), do: name in user.roles
      end
  """

  @doc "Returns whether the actor is in the group of this name, a string. If it raises, the decision is the caller's default."
  @spec in?(t, String.t()) :: boolean
  def in?(actor, name)
end
