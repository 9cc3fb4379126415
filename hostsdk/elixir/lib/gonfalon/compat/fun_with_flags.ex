defmodule Gonfalon.Compat.FunWithFlags do
  @moduledoc """
  The functions of [FunWithFlags](https://hexdocs.pm/fun_with_flags), answered by Gonfalon: `alias Gonfalon.Compat.FunWithFlags`, and
  implement `FunWithFlags.Actor` and `FunWithFlags.Group` as before. See `Gonfalon.Compat`.

  An error of a write is `{:error, %Gonfalon.ApiError{}}`.
  """

  alias Gonfalon.{Compat, Telemetry}
  alias Gonfalon.Compat.FunWithFlags.{Actor, Flag, Gate, Group}

  @doc false
  def group_conflict, do: :deny_wins
  @doc false
  def actor_id(item), do: Actor.id(item)
  @doc false
  def in_group?(item, name), do: Group.in?(item, name)

  @doc "Returns whether a flag is enabled, at large or (`for:`) for an item."
  @spec enabled?(atom, keyword) :: boolean
  def enabled?(flag_name, options \\ [])
  def enabled?(flag_name, []) when is_atom(flag_name), do: Compat.enabled?(flag_name, __MODULE__, nil, nil) || false
  def enabled?(flag_name, for: nil), do: enabled?(flag_name)

  def enabled?(flag_name, for: item) when is_atom(flag_name),
    do: Compat.enabled?(flag_name, __MODULE__, item, nil) || false

  @doc "Enables a flag, or (`for_actor:`, `for_group:`, `for_percentage_of:`) for some."
  @spec enable(atom, keyword) :: {:ok, boolean} | {:error, term}
  def enable(flag_name, options \\ [])
  def enable(flag_name, []) when is_atom(flag_name), do: put(:enable, flag_name, Gate.new(:boolean, true), %{})
  def enable(flag_name, for_actor: nil), do: enable(flag_name)

  def enable(flag_name, for_actor: actor) when is_atom(flag_name) do
    gate = Gate.new(:actor, actor, true)
    put(:enable, flag_name, gate, %{for_actor: gate.for})
  end

  def enable(flag_name, for_group: nil), do: enable(flag_name)

  def enable(flag_name, for_group: name) when is_atom(flag_name) do
    gate = Gate.new(:group, name, true)
    put(:enable, flag_name, gate, %{for_group: gate.for}, true)
  end

  def enable(flag_name, for_percentage_of: {:time, ratio}) when is_atom(flag_name),
    do: put(:enable, flag_name, Gate.new(:percentage_of_time, ratio), %{for_percentage_of: %{time: ratio}}, true)

  def enable(flag_name, for_percentage_of: {:actors, ratio}) when is_atom(flag_name),
    do: put(:enable, flag_name, Gate.new(:percentage_of_actors, ratio), %{for_percentage_of: %{actors: ratio}}, true)

  @doc "Disables a flag, or (`for_actor:`, `for_group:`, `for_percentage_of:`) for some."
  @spec disable(atom, keyword) :: {:ok, boolean} | {:error, term}
  def disable(flag_name, options \\ [])
  def disable(flag_name, []) when is_atom(flag_name), do: put(:disable, flag_name, Gate.new(:boolean, false), %{})
  def disable(flag_name, for_actor: nil), do: disable(flag_name)

  def disable(flag_name, for_actor: actor) when is_atom(flag_name) do
    gate = Gate.new(:actor, actor, false)
    put(:disable, flag_name, gate, %{for_actor: gate.for})
  end

  def disable(flag_name, for_group: nil), do: disable(flag_name)

  def disable(flag_name, for_group: name) when is_atom(flag_name) do
    gate = Gate.new(:group, name, false)
    put(:disable, flag_name, gate, %{for_group: gate.for}, false)
  end

  def disable(flag_name, for_percentage_of: {type, ratio}) when is_atom(flag_name) and is_float(ratio) do
    with {:ok, true} <- enable(flag_name, for_percentage_of: {type, 1.0 - ratio}), do: {:ok, false}
  end

  @doc "Removes a flag, or (`boolean:`, `for_actor:`, `for_group:`, `for_percentage:`) a gate of it."
  @spec clear(atom, keyword) :: :ok | {:error, term}
  def clear(flag_name, options \\ [])
  def clear(flag_name, []) when is_atom(flag_name), do: delete(flag_name, nil, %{})
  def clear(flag_name, boolean: true), do: delete(flag_name, Gate.new(:boolean, false), %{boolean: true})
  def clear(flag_name, for_actor: nil), do: clear(flag_name)

  def clear(flag_name, for_actor: actor) when is_atom(flag_name) do
    gate = Gate.new(:actor, actor, false)
    delete(flag_name, gate, %{for_actor: gate.for})
  end

  def clear(flag_name, for_group: nil), do: clear(flag_name)

  def clear(flag_name, for_group: name) when is_atom(flag_name) do
    gate = Gate.new(:group, name, false)
    delete(flag_name, gate, %{for_group: gate.for})
  end

  def clear(flag_name, for_percentage: true),
    do: delete(flag_name, Gate.new(:percentage_of_time, 0.5), %{percentage: true})

  @doc "Returns the names of all flags."
  @spec all_flag_names() :: {:ok, [atom]} | {:error, term}
  def all_flag_names do
    told(:read_all_flag_names, nil, nil, fn ->
      with {:ok, flags, _} <- Compat.documents(), do: {:ok, Enum.map(flags, &String.to_atom(&1["key"]))}
    end)
  end

  @doc "Returns all flags."
  @spec all_flags() :: {:ok, [Flag.t()]} | {:error, term}
  def all_flags do
    told(:read_all_flags, nil, nil, fn ->
      with {:ok, flags, _} <- Compat.documents(), do: {:ok, Enum.map(flags, &Flag.read/1)}
    end)
  end

  @doc "Returns a flag; nil if there is none of this name."
  @spec get_flag(atom) :: Flag.t() | nil | {:error, term}
  def get_flag(name) do
    case told(:read, name, nil, fn -> Compat.document(name) end) do
      {:ok, nil} -> nil
      {:ok, document} -> Flag.read(document)
      error -> error
    end
  end

  # The answer is the flag's state, for the actor if there is one, or what the library says of every such gate.
  defp put(operation, flag_name, gate, scope, answer \\ nil) do
    with {:ok, document} <- told(:write, flag_name, gate, fn -> Compat.write(operation, flag_name, scope) end) do
      {:ok, if(answer == nil, do: document["enabled"], else: answer)}
    end
  end

  defp delete(flag_name, gate, scope) do
    event = if gate, do: :delete_gate, else: :delete_flag

    case told(event, flag_name, gate, fn -> Compat.write(:clear, flag_name, scope) end) do
      {:ok, _} -> :ok
      {:error, %{status: 404}} -> :ok
      error -> error
    end
  end

  # Events are those that the library emits for its store.
  defp told(event, flag_name, gate, run) do
    result = run.()
    metadata = %{flag_name: flag_name, gate: gate}
    measured = %{system_time: :erlang.system_time()}

    case result do
      {:error, reason} ->
        Telemetry.execute(
          [:fun_with_flags, :persistence, :error],
          measured,
          Map.merge(metadata, %{error: reason, original_event: event})
        )

      _ ->
        Telemetry.execute([:fun_with_flags, :persistence, event], measured, metadata)
    end

    result
  end
end
