defprotocol Gonfalon.Compat.Bandera.Actor do
  @moduledoc "Names an actor, as `Bandera.Actor` does. Strings, integers and maps with an `:id` are actors."

  @doc "Returns the actor's stable id."
  @spec id(t) :: String.t()
  def id(actor)
end

defimpl Gonfalon.Compat.Bandera.Actor, for: BitString do
  def id(string), do: string
end

defimpl Gonfalon.Compat.Bandera.Actor, for: Integer do
  def id(integer), do: Integer.to_string(integer)
end

defimpl Gonfalon.Compat.Bandera.Actor, for: Map do
  def id(%{id: id}), do: to_string(id)

  def id(_),
    do:
      raise(
        ArgumentError,
        "a map without an :id is no actor; implement Gonfalon.Compat.Bandera.Actor for a struct of its own"
      )
end

defprotocol Gonfalon.Compat.Bandera.Group do
  @moduledoc "Says which groups something is in, as `Bandera.Group` does. A map is in those that its `:groups` list; strings and integers in none."

  @doc "Returns whether the item is in the group."
  @spec in?(t, String.t()) :: boolean
  def in?(item, group_name)
end

defimpl Gonfalon.Compat.Bandera.Group, for: Map do
  def in?(%{groups: groups}, name) when is_list(groups), do: Enum.any?(groups, &(to_string(&1) == name))
  def in?(_, _), do: false
end

defimpl Gonfalon.Compat.Bandera.Group, for: [BitString, Integer] do
  def in?(_, _), do: false
end

defmodule Gonfalon.Compat.Bandera.Constraint do
  @moduledoc "A targeting predicate, as `Bandera.Constraint` has it."

  @operators [:eq, :neq, :in, :not_in, :contains, :gt, :gte, :lt, :lte, :matches]

  @type t :: %__MODULE__{attribute: String.t(), operator: atom, values: [term]}
  @enforce_keys [:attribute, :operator, :values]
  defstruct [:attribute, :operator, :values]

  @doc "Makes a constraint. A single value is a list of one."
  @spec new(String.t(), atom, term) :: t
  def new(attribute, operator, values) when is_binary(attribute) and operator in @operators,
    do: %__MODULE__{attribute: attribute, operator: operator, values: List.wrap(values)}

  @doc false
  def of(%__MODULE__{} = constraint), do: constraint
  def of({attribute, operator, value}), do: new(attribute, operator, value)

  @doc false
  def read(%{"attribute" => attribute, "operator" => operator, "values" => values}) do
    # An operator that the library doesn't have stays a string.
    %__MODULE__{
      attribute: attribute,
      operator: Enum.find(@operators, operator, &(to_string(&1) == operator)),
      values: values
    }
  end
end

defmodule Gonfalon.Compat.Bandera.Gate do
  @moduledoc "A gate of a flag, as `Bandera.Gate` has it."

  alias Gonfalon.Compat.Bandera.{Actor, Constraint}

  defmodule InvalidTargetError do
    @moduledoc "A ratio out of range, or variants without a positive weight."
    defexception [:message]
  end

  @type t :: %__MODULE__{type: atom, for: term, enabled: boolean, value: term}
  defstruct [:type, :for, :enabled, :value]

  @doc "Makes a gate; raises if it can't be one."
  def new(:boolean, enabled) when is_boolean(enabled), do: %__MODULE__{type: :boolean, enabled: enabled}

  def new(type, ratio)
      when type in [:percentage_of_time, :percentage_of_actors] and is_float(ratio) and ratio > 0.0 and ratio < 1.0,
      do: %__MODULE__{type: type, for: ratio, enabled: true}

  def new(type, _) when type in [:percentage_of_time, :percentage_of_actors],
    do: raise(InvalidTargetError, "#{type} gates require a ratio in the range 0.0 < r < 1.0")

  def new(:variant, weights) when is_map(weights) and map_size(weights) > 0 do
    values = Map.values(weights)

    cond do
      not Enum.all?(values, &(is_number(&1) and &1 >= 0)) ->
        raise InvalidTargetError, "variant weights must be non-negative numbers"

      not Enum.any?(values, &(&1 > 0)) ->
        raise InvalidTargetError, "variant gates require at least one positive weight"

      true ->
        %__MODULE__{type: :variant, enabled: true, value: weights}
    end
  end

  def new(:variant, _), do: raise(InvalidTargetError, "variant gates require a non-empty %{name => weight} map")

  def new(:schedule, {from, until}),
    do: %__MODULE__{type: :schedule, enabled: true, value: %{"from" => from, "until" => until}}

  def new(:actor, actor, enabled) when is_boolean(enabled),
    do: %__MODULE__{type: :actor, for: Actor.id(actor), enabled: enabled}

  def new(:group, name, enabled) when is_boolean(enabled),
    do: %__MODULE__{type: :group, for: to_string(name), enabled: enabled}

  def new(:segment, name, enabled) when is_boolean(enabled),
    do: %__MODULE__{type: :segment, for: to_string(name), enabled: enabled}

  def new(:rule, constraints, enabled) when is_list(constraints) and is_boolean(enabled),
    do: %__MODULE__{type: :rule, enabled: enabled, value: constraints}

  def new(:prerequisite, parent, required) when is_atom(parent) and is_boolean(required),
    do: %__MODULE__{type: :prerequisite, for: parent, enabled: required}

  @doc false
  # A gate of a document.
  def read(%{"type" => type} = gate) do
    enabled = Map.get(gate, "enabled", true)

    case type do
      "boolean" ->
        [%__MODULE__{type: :boolean, enabled: enabled}]

      "actor" ->
        [%__MODULE__{type: :actor, for: gate["target"], enabled: enabled}]

      "group" ->
        [%__MODULE__{type: :group, for: gate["target"], enabled: enabled}]

      "segment" ->
        [%__MODULE__{type: :segment, for: gate["target"], enabled: enabled}]

      "percentage_of_time" ->
        [%__MODULE__{type: :percentage_of_time, for: gate["ratio"], enabled: true}]

      "percentage_of_actors" ->
        [%__MODULE__{type: :percentage_of_actors, for: gate["ratio"], enabled: true}]

      "prerequisite" ->
        [%__MODULE__{type: :prerequisite, for: String.to_atom(gate["target"]), enabled: enabled}]

      "variant" ->
        [%__MODULE__{type: :variant, enabled: true, value: Map.new(gate["variants"], &{&1["name"], &1["weight"]})}]

      "rule" ->
        [%__MODULE__{type: :rule, enabled: enabled, value: Enum.map(gate["constraints"], &Constraint.read/1)}]

      "schedule" ->
        [%__MODULE__{type: :schedule, enabled: true, value: %{"from" => gate["from"], "until" => gate["until"]}}]

      # Of a newer control plane.
      _ ->
        []
    end
  end
end

defmodule Gonfalon.Compat.Bandera.Flag do
  @moduledoc "A flag, as `Bandera.Flag` has it."

  alias Gonfalon.Compat.Bandera.{Constraint, Gate}

  @type t :: %__MODULE__{name: atom, gates: [Gate.t()]}
  defstruct name: nil, gates: []

  @doc false
  # Names come from the control plane, as they come from the store in the library: as many as there are flags.
  def read(document),
    do: %__MODULE__{name: String.to_atom(document["key"]), gates: Enum.flat_map(document["gates"], &Gate.read/1)}

  @doc false
  # A segment is a flag of a reserved name there, with one rule.
  def segment(key, constraints) do
    %__MODULE__{
      name: String.to_atom("bandera_segment:#{key}"),
      gates: [Gate.new(:rule, Enum.map(constraints, &Constraint.read/1), true)]
    }
  end
end
