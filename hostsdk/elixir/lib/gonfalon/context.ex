defmodule Gonfalon.ContextError do
  @moduledoc """
  A context that can't be read, and that the decision would rest on. `cause` is what the program's own code raised, threw or exited with,
  as `{kind, reason, stacktrace}`.
  """
  defexception [:message, :cause]
end

defmodule Gonfalon.Context do
  @moduledoc """
  A context that is prepared once and used for many decisions.

      request = Gonfalon.Context.new(for: current_user, context: %{"plan" => "pro"})
      Gonfalon.enabled?(:new_checkout, for: request)

  What each value means is the table "Contexts" of
  [the SDK contract](https://github.com/gonfalon-flags/gonfalon/blob/main/hostsdk/README.md). Making one never fails.
  """

  alias Gonfalon.{Actor, Asking, ContextError, Group, Msgpack, Values}

  # Of a request, by the module's ABI.
  @max_groups 256
  # Groups and attributes that are read of a context.
  @max_listed Values.max_listed()
  # Actors whose ids are actors, in one another.
  @max_ids 4

  @no_attributes Msgpack.map(0)
  @both "groups and context are part of a prepared context; give them when it is made"

  @typep written :: binary | false | nil

  @typedoc "`attributes` are packed; the two errors say why no decision can rest on the groups, or on the attributes."
  @type t :: %__MODULE__{
          actor: written,
          groups: [String.t()],
          in_group: nil | (String.t() -> term),
          attributes: %{String.t() => iodata},
          unreadable: [String.t()],
          groups_error: nil | String.t(),
          attributes_error: nil | String.t()
        }

  defstruct actor: nil,
            groups: [],
            in_group: nil,
            attributes: %{},
            unreadable: [],
            groups_error: nil,
            attributes_error: nil

  @doc """
  Makes a context.

    * `for` – the actor: a string, an integer, or what implements `Gonfalon.Actor`
    * `groups` – a list of names, or a function that answers whether the actor is in a group
    * `context` – a map of attributes
  """
  @spec new(keyword) :: t
  def new(options \\ []) do
    case Asking.read(options) do
      %Asking{for: %__MODULE__{} = prepared} = asking ->
        if parts?(asking), do: %{prepared | groups_error: @both, attributes_error: @both}, else: prepared

      asking ->
        of(asking)
    end
  end

  @doc false
  # The context of a call, prepared or in parts, with the attributes of these names only; nil: all. Raises ContextError if it is both.
  @spec of(Asking.t(), [{String.t(), atom}] | nil) :: t
  def of(asking, names \\ nil)

  def of(%Asking{for: %__MODULE__{} = prepared} = asking, _),
    do: if(parts?(asking), do: raise(ContextError, @both), else: prepared)

  def of(%Asking{} = asking, names) do
    {in_group, actor_asked?} = asked(asking.for, asking.groups)
    {groups, groups_error, wrong} = group_names(if(actor_asked? == :groups, do: nil, else: asking.groups), asking.wrong)
    {actor, wrong} = actor_key(asking.for, wrong, 0)

    # Groups without an actor are somebody's: an actor without a key.
    actor = if actor == nil and (groups != [] or in_group != nil or groups_error != nil), do: false, else: actor
    {attributes, attributes_error, wrong} = attributes(asking.context, names, wrong)

    %__MODULE__{
      actor: actor,
      groups: groups,
      in_group: in_group,
      attributes: attributes,
      unreadable: Enum.uniq(wrong),
      groups_error: groups_error,
      attributes_error: attributes_error
    }
  end

  defp parts?(asking), do: asking.groups not in [nil, []] or asking.context not in [nil, %{}]

  @doc false
  # Whether a call has more attributes than a request: they aren't even read if the flags are asked one by one.
  def too_many?(%Asking{context: context}), do: is_map(context) and map_size(context) > Values.max_attributes()

  # What is asked about groups that weren't given by name, and whether it is the groups themselves.
  defp asked(actor, groups) do
    cond do
      impl = implementation(Group, actor) -> {&impl.in?(actor, &1), nil}
      is_function(groups, 1) -> {groups, :groups}
      is_list(groups) -> {nil, nil}
      impl = implementation(Group, groups) -> {&impl.in?(groups, &1), :groups}
      true -> {nil, nil}
    end
  end

  # Texts, numbers and nothing are what they are, whatever a protocol says.
  defp implementation(_, value) when is_binary(value) or is_number(value) or is_boolean(value) or value == nil, do: nil
  defp implementation(protocol, value), do: protocol.impl_for(value)

  @doc false
  # The actor as the module's ABI has it: its key, false for an actor without one, nil for nobody. What can't be read is nobody, and noted.
  @spec actor_key(term, [String.t()], non_neg_integer) :: {written, [String.t()]}
  def actor_key(nil, wrong, _), do: {nil, wrong}
  def actor_key(actor, wrong, _) when is_binary(actor), do: {Values.text(actor), wrong}

  def actor_key(actor, wrong, _) when is_integer(actor) do
    case Values.digits(actor) do
      nil -> {nil, ["an integer that is too long as the actor" | wrong]}
      digits -> {digits, wrong}
    end
  end

  def actor_key(actor, wrong, _) when is_float(actor) do
    if trunc(actor) == actor and abs(actor) <= Values.exact() do
      {Integer.to_string(trunc(actor)), wrong}
    else
      {nil, ["a float with a fraction, or beyond 2^53, as the actor" | wrong]}
    end
  end

  def actor_key(actor, wrong, depth) when depth < @max_ids do
    case implementation(Actor, actor) do
      nil ->
        if implementation(Group, actor), do: {false, wrong}, else: {nil, ["#{kind(actor)} as the actor" | wrong]}

      impl ->
        try do
          impl.id(actor)
        catch
          thrown, reason -> {nil, ["the id of #{kind(actor)}, which #{raised(thrown, reason)}" | wrong]}
        else
          nil -> {false, wrong}
          id -> actor_key(id, wrong, depth + 1)
        end
    end
  end

  def actor_key(actor, wrong, _), do: {nil, ["#{kind(actor)} as the actor" | wrong]}

  # The groups that are given by name. A lone string is one group; what names none is left out, and noted.
  defp group_names(nil, wrong), do: {[], nil, wrong}
  defp group_names([], wrong), do: {[], nil, wrong}
  defp group_names(name, wrong) when is_binary(name), do: {[Values.text(name)], nil, wrong}
  defp group_names(%MapSet{} = groups, wrong), do: groups |> MapSet.to_list() |> group_names(wrong)
  defp group_names(groups, wrong) when is_list(groups), do: listed(groups, wrong, 0, [])
  defp group_names(groups, wrong), do: {[], nil, ["#{kind(groups)} as the groups" | wrong]}

  defp listed([_ | _], wrong, @max_listed, _), do: {[], "there are more than #{@max_listed} groups", wrong}

  defp listed([name | rest], wrong, n, found) when is_binary(name),
    do: listed(rest, wrong, n + 1, [Values.text(name) | found])

  defp listed([name | rest], wrong, n, found) when is_atom(name) and name not in [nil, true, false],
    do: listed(rest, wrong, n + 1, [Atom.to_string(name) | found])

  defp listed([other | rest], wrong, n, found), do: listed(rest, ["#{kind(other)} as a group" | wrong], n + 1, found)
  defp listed(_, wrong, _, found), do: {Enum.reverse(found), nil, wrong}

  defp attributes(nil, _, wrong), do: {%{}, nil, wrong}
  defp attributes(_, [], wrong), do: {%{}, nil, wrong}

  defp attributes(given, _, wrong) when is_map(given) and not is_struct(given) and map_size(given) > @max_listed,
    do: {%{}, "there are more than #{@max_listed} attributes", wrong}

  defp attributes(given, nil, wrong) when is_map(given) and not is_struct(given) do
    {found, wrong} =
      Enum.reduce(given, {%{}, wrong}, fn
        {name, value}, {found, wrong} when is_binary(name) ->
          put(found, Values.text(name), value, wrong)

        {name, value}, {found, wrong} when is_atom(name) ->
          name = Atom.to_string(name)
          if is_map_key(found, name), do: {found, wrong}, else: put(found, name, value, wrong)

        {name, _}, {found, wrong} ->
          {found, ["#{kind(name)} as an attribute's name" | wrong]}
      end)

    {found, nil, wrong}
  end

  defp attributes(given, names, wrong) when is_map(given) and not is_struct(given) do
    {found, wrong} =
      Enum.reduce(names, {%{}, wrong}, fn {name, atom}, {found, wrong} ->
        case fetch(given, name, atom) do
          {:ok, value} -> put(found, name, value, wrong)
          :error -> {found, wrong}
        end
      end)

    {found, nil, wrong}
  end

  defp attributes(given, _, wrong), do: {%{}, nil, ["#{kind(given)} as the attributes" | wrong]}

  defp put(found, name, value, wrong) do
    case Values.attribute(value) do
      :too_many ->
        {Map.put(found, name, Values.pack(nil)), ["an attribute with more than #{@max_listed} values" | wrong]}

      packed ->
        {Map.put(found, name, packed), wrong}
    end
  rescue
    # A time that can't be, in a struct that a program made by hand, or beyond the year 9999.
    error ->
      what = "an attribute of #{kind(value)}, which #{raised(:error, error)}"
      {Map.put(found, name, Values.pack(nil)), [what | wrong]}
  end

  # A string counts before an atom of its name. `atom` is nil if there was none yet when the flag was first asked for.
  defp fetch(given, name, atom) do
    case given do
      %{^name => value} -> {:ok, value}
      %{^atom => value} when atom != nil -> {:ok, value}
      _ when atom != nil -> :error
      _ -> fetch_new(given, name)
    end
  end

  defp fetch_new(given, name) do
    Map.fetch(given, String.to_existing_atom(name))
  rescue
    _ -> :error
  end

  @doc false
  # Whether member_of depends on the groups that flags name.
  @spec wants_names?(t) :: boolean
  def wants_names?(%__MODULE__{} = context), do: context.in_group != nil or length(context.groups) > @max_groups

  @doc false
  # The groups for a request about flags that name these. Raises ContextError if they can't be known.
  @spec member_of(t, [String.t()]) :: [String.t()]
  def member_of(%__MODULE__{groups_error: error}, _) when error != nil, do: raise(ContextError, error)

  def member_of(%__MODULE__{in_group: in_group, groups: groups}, named) do
    found = if in_group == nil, do: groups, else: groups ++ Enum.filter(named -- groups, &yes?(in_group, &1))

    if length(found) > @max_groups do
      wanted = MapSet.new(named)
      found = found |> Enum.filter(&(&1 in wanted)) |> Enum.uniq()

      if length(found) > @max_groups,
        do: raise(ContextError, "the flag names #{length(found)} of the actor's groups, more than #{@max_groups}")

      found
    else
      found
    end
  end

  defp yes?(in_group, name) do
    in_group.(name) not in [nil, false]
  catch
    thrown, reason ->
      raise ContextError,
        message: "asking for the groups #{raised(thrown, reason)}",
        cause: {thrown, reason, __STACKTRACE__}
  end

  @doc false
  # The attributes, packed, for a request about flags that look at these; nil: at all. Raises ContextError if they are too many.
  @spec known(t, [{String.t(), atom}] | nil) :: iodata
  def known(_, []), do: @no_attributes
  def known(%__MODULE__{attributes_error: error}, _) when error != nil, do: raise(ContextError, error)
  def known(%__MODULE__{attributes: attributes}, _) when attributes == %{}, do: @no_attributes

  def known(%__MODULE__{attributes: attributes}, nil) do
    if map_size(attributes) > Values.max_attributes() do
      raise ContextError, "there are #{map_size(attributes)} attributes, more than #{Values.max_attributes()}"
    end

    packed(Map.to_list(attributes))
  end

  def known(%__MODULE__{attributes: attributes}, names) do
    packed(for {name, _} <- names, value = Map.get(attributes, name), do: {name, value})
  end

  defp packed(pairs),
    do: [Msgpack.map(length(pairs)) | Enum.map(pairs, fn {name, value} -> [Msgpack.str(name) | value] end)]

  defp kind(%module{}), do: inspect(module)
  defp kind(value) when is_boolean(value), do: "a boolean"
  defp kind(value) when is_atom(value), do: "the atom #{inspect(value)}"
  defp kind(value) when is_binary(value), do: "a string"
  defp kind(value) when is_integer(value), do: "an integer"
  defp kind(value) when is_float(value), do: "a float"
  defp kind(value) when is_list(value), do: "a list"
  defp kind(value) when is_map(value), do: "a map"
  defp kind(value) when is_tuple(value), do: "a tuple"
  defp kind(value) when is_function(value), do: "a function"
  defp kind(_), do: "a term"

  # Without the reason's own text, which may hold what a log must not.
  defp raised(:error, %module{}), do: "raises #{inspect(module)}"
  defp raised(:error, _), do: "raises an error"
  defp raised(:throw, _), do: "throws"
  defp raised(:exit, _), do: "exits"
end
