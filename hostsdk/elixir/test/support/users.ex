defmodule Gonfalon.Users do
  @moduledoc "The users of the compatible modules' examples."

  defmodule User do
    defstruct [:id, :name, :email, groups: [], roles: []]
  end

  # Knows its groups alone.
  defmodule Visitor do
    defstruct [:group]
  end

  # Knows its id alone, whatever that is.
  defmodule Named do
    defstruct [:id]
  end

  # Knows nothing of itself.
  defmodule Stranger do
    defstruct [:name]
  end
end

defimpl Gonfalon.Compat.FunWithFlags.Actor, for: Gonfalon.Users.User do
  def id(user), do: "user:#{user.id}"
end

defimpl Gonfalon.Compat.FunWithFlags.Group, for: Gonfalon.Users.User do
  def in?(%{email: email}, "employee") when is_binary(email), do: String.ends_with?(email, "@mycompany.com")
  def in?(user, name), do: name in user.groups
end

defimpl Gonfalon.Compat.FunWithFlags.Group, for: Gonfalon.Users.Visitor do
  def in?(_, "broken"), do: raise("who knows")
  def in?(visitor, name), do: visitor.group == name
end

defimpl Gonfalon.Compat.FunWithFlags.Actor, for: Map do
  def id(%{actor_id: id}), do: "map:#{id}"
  def id(map), do: "map:" <> (:md5 |> :crypto.hash(inspect(map)) |> Base.encode16())
end

defimpl Gonfalon.Compat.FunWithFlags.Group, for: Map do
  def in?(%{group: name}, name), do: true
  def in?(_, _), do: false
end

defimpl Gonfalon.Compat.FunWithFlags.Actor, for: BitString do
  def id(text), do: "string:" <> text
end

defimpl Gonfalon.Compat.Bandera.Actor, for: Gonfalon.Users.User do
  def id(user), do: "user:#{user.id}"
end

defimpl Gonfalon.Compat.Bandera.Group, for: Gonfalon.Users.User do
  def in?(user, name), do: name in user.roles
end

defimpl Gonfalon.Compat.Bandera.Actor, for: Gonfalon.Users.Named do
  def id(%{id: {:throw, what}}), do: throw(what)
  def id(named), do: named.id
end

defimpl Gonfalon.Compat.FunWithFlags.Actor, for: Gonfalon.Users.Named do
  def id(named), do: named.id
end

defimpl Gonfalon.Compat.FunWithFlags.Group, for: Gonfalon.Users.Named do
  def in?(_, "broken"), do: raise("who knows")
  def in?(_, name), do: name == "staff"
end

defimpl Gonfalon.Actor, for: PID do
  def id(pid), do: inspect(pid)
end
