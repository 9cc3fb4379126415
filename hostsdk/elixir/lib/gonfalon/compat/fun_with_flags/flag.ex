defprotocol Gonfalon.Compat.FunWithFlags.Actor do
  @moduledoc "Names an actor, as `FunWithFlags.Actor` does: implement it for what your program asks for."

  @doc "Returns a globally unique binary."
  @spec id(t) :: binary
  def id(actor)
end

defprotocol Gonfalon.Compat.FunWithFlags.Group do
  @moduledoc "Says which groups something is in, as `FunWithFlags.Group` does. What doesn't implement it is in none."
  @fallback_to_any true

  @doc "Returns whether the item is in the group."
  @spec in?(t, String.t()) :: boolean
  def in?(item, group)
end

defimpl Gonfalon.Compat.FunWithFlags.Group, for: Any do
  def in?(_, _), do: false
end

defmodule Gonfalon.Compat.FunWithFlags.Actor.Percentage do
  @moduledoc "An actor's score, as `FunWithFlags.Actor.Percentage` has it."

  @doc "Returns the actor's place in [0, 1) for a flag."
  @spec score(term, atom) :: float
  def score(actor, flag_name), do: Gonfalon.score(flag_name, Gonfalon.Compat.FunWithFlags.Actor.id(actor))
end

defmodule Gonfalon.Compat.FunWithFlags.Gate do
  @moduledoc "A gate of a flag, as `FunWithFlags.Gate` has it."

  defmodule InvalidGroupNameError do
    @moduledoc "A group's name that is neither a binary nor an atom."
    defexception [:message]
  end

  defmodule InvalidTargetError do
    @moduledoc "A percentage that isn't between 0.0 and 1.0."
    defexception [:message]
  end

  @type t :: %__MODULE__{type: atom, for: nil | String.t() | float, enabled: boolean}
  defstruct [:type, :for, :enabled]

  @doc "Makes a gate; raises if it can't be one."
  def new(:boolean, enabled) when is_boolean(enabled), do: %__MODULE__{type: :boolean, enabled: enabled}

  def new(type, ratio)
      when type in [:percentage_of_time, :percentage_of_actors] and is_float(ratio) and ratio > 0 and ratio < 1,
      do: %__MODULE__{type: type, for: ratio, enabled: true}

  def new(type, ratio)
      when type in [:percentage_of_time, :percentage_of_actors] and ((is_float(ratio) and ratio <= 0) or ratio >= 1),
      do: raise(InvalidTargetError, "#{type} gates must have a ratio in the range '0.0 < r < 1.0'.")

  def new(:actor, actor, enabled) when is_boolean(enabled),
    do: %__MODULE__{type: :actor, for: Gonfalon.Compat.FunWithFlags.Actor.id(actor), enabled: enabled}

  def new(:group, name, enabled) when is_boolean(enabled) and (is_binary(name) or is_atom(name)),
    do: %__MODULE__{type: :group, for: to_string(name), enabled: enabled}

  def new(:group, name, enabled) when is_boolean(enabled),
    do: raise(InvalidGroupNameError, "invalid group name '#{inspect(name)}', it should be a binary or an atom.")

  @doc false
  # A gate of a document; nothing for one that the library doesn't have.
  def read(%{"type" => "boolean"} = gate), do: [%__MODULE__{type: :boolean, enabled: enabled(gate)}]
  def read(%{"type" => "actor"} = gate), do: [%__MODULE__{type: :actor, for: gate["target"], enabled: enabled(gate)}]
  def read(%{"type" => "group"} = gate), do: [%__MODULE__{type: :group, for: gate["target"], enabled: enabled(gate)}]

  def read(%{"type" => "percentage_of_time"} = gate),
    do: [%__MODULE__{type: :percentage_of_time, for: gate["ratio"], enabled: true}]

  def read(%{"type" => "percentage_of_actors"} = gate),
    do: [%__MODULE__{type: :percentage_of_actors, for: gate["ratio"], enabled: true}]

  def read(_), do: []

  defp enabled(gate), do: Map.get(gate, "enabled", true)
end

defmodule Gonfalon.Compat.FunWithFlags.Flag do
  @moduledoc "A flag, as `FunWithFlags.Flag` has it."

  @type t :: %__MODULE__{name: atom, gates: [Gonfalon.Compat.FunWithFlags.Gate.t()]}
  defstruct name: nil, gates: []

  @doc false
  def read(document) do
    # Names come from the control plane, as they come from the store in the library: as many as there are flags.
    %__MODULE__{
      name: String.to_atom(document["key"]),
      gates: Enum.flat_map(document["gates"], &Gonfalon.Compat.FunWithFlags.Gate.read/1)
    }
  end
end
