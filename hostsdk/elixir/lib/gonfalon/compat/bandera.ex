defmodule Gonfalon.Compat.Bandera do
  @moduledoc """
  The functions of [Bandera](https://hexdocs.pm/bandera), answered by Gonfalon: `alias Gonfalon.Compat.Bandera`, and implement
  `Bandera.Actor` and `Bandera.Group` as before. See `Gonfalon.Compat`.

  An error of a write is `{:error, %Gonfalon.ApiError{}}`. The control plane refuses what Bandera stores and then never grants: a schedule
  that can't be read, a pattern that isn't RE2, a flag that requires itself. `by:` becomes the reason in the audit.
  """

  alias Gonfalon.{Compat, Telemetry}
  alias Gonfalon.Compat.Bandera.{Actor, Constraint, Flag, Gate, Group}

  @segment "bandera_segment:"

  @doc false
  def group_conflict, do: :allow_wins
  @doc false
  def actor_id(item), do: Actor.id(item)
  @doc false
  def in_group?(item, name), do: Group.in?(item, name)

  @doc "Does nothing: there is no configuration to read again."
  @spec reload_config() :: :ok
  def reload_config, do: :ok

  @doc "Returns whether a flag is enabled, for an actor (`for:`) in a context (`context:`); `default` if nothing is loaded."
  @spec enabled?(atom, keyword) :: boolean
  def enabled?(flag_name, options \\ []) when is_atom(flag_name) do
    {default, rest} = Keyword.pop(options, :default, false)
    asked = rest |> Keyword.take([:for, :context]) |> Enum.reject(&(&1 == {:for, nil}))

    result =
      case Compat.enabled?(flag_name, __MODULE__, asked[:for], attributes(asked[:context])) do
        nil -> default
        enabled -> enabled
      end

    Compat.event([:bandera, :enabled?], %{flag_name: flag_name, options: asked, result: result})
    result
  end

  # Attributes are named by strings there, and an atom is equal to no string.
  defp attributes(nil), do: nil

  defp attributes(context) when is_map(context),
    do: for({name, value} <- context, is_binary(name), into: %{}, do: {name, opaque(value)})

  defp attributes(other), do: raise(BadMapError, term: other)

  defp opaque(value) when is_nil(value) or is_boolean(value) or is_number(value) or is_binary(value) or is_list(value),
    do: value

  defp opaque(value) when is_map(value) and not is_struct(value), do: value
  # Present, and equal to nothing that a flag can name.
  defp opaque(value), do: ["not a value of JSON", inspect(value)]

  @doc "Returns the variant that the actor is served, or `options[:default]`."
  @spec variant(atom, keyword) :: term
  def variant(flag_name, options \\ []) when is_atom(flag_name) do
    default = Keyword.get(options, :default)
    item = Keyword.get(options, :for)

    result =
      case if(item != nil, do: Compat.variant(flag_name, __MODULE__, item)) do
        {:ok, variant} when variant != nil -> variant
        _ -> default
      end

    Compat.event([:bandera, :variant], %{flag_name: flag_name, options: options, result: result})
    result
  end

  @doc "Enables a flag, or one scope of it: `for_actor:`, `for_group:`, `for_percentage_of:`, `when:`, `for_segment:`, `requires:`, `schedule:`."
  @spec enable(atom, keyword) :: {:ok, boolean} | {:error, term}
  def enable(flag_name, options \\ []) when is_atom(flag_name),
    do: span(:enable, flag_name, options, &do_enable(flag_name, &1, &2))

  defp do_enable(name, [], by), do: put(:enable, name, Gate.new(:boolean, true), %{}, by, true)
  defp do_enable(name, [for_actor: nil], by), do: do_enable(name, [], by)

  defp do_enable(name, [for_actor: actor], by) do
    gate = Gate.new(:actor, actor, true)
    put(:enable, name, gate, %{for_actor: gate.for}, by, true)
  end

  defp do_enable(name, [for_group: nil], by), do: do_enable(name, [], by)

  defp do_enable(name, [for_group: group], by) do
    gate = Gate.new(:group, group, true)
    put(:enable, name, gate, %{for_group: gate.for}, by, true)
  end

  defp do_enable(name, [for_percentage_of: {:time, ratio}], by),
    do: put(:enable, name, Gate.new(:percentage_of_time, ratio), %{for_percentage_of: %{time: ratio}}, by, true)

  defp do_enable(name, [for_percentage_of: {:actors, ratio}], by),
    do: put(:enable, name, Gate.new(:percentage_of_actors, ratio), %{for_percentage_of: %{actors: ratio}}, by, true)

  defp do_enable(_, [when: []], _), do: raise(ArgumentError, "enable/2 :when requires at least one constraint")

  defp do_enable(name, [when: constraints], by) when is_list(constraints) do
    constraints = Enum.map(constraints, &Constraint.of/1)
    put(:enable, name, Gate.new(:rule, constraints, true), %{when: Enum.map(constraints, &Map.from_struct/1)}, by, true)
  end

  defp do_enable(name, [for_segment: segment], by) do
    gate = Gate.new(:segment, segment, true)
    put(:enable, name, gate, %{for_segment: gate.for}, by, true)
  end

  defp do_enable(name, [schedule: {from, until}], by),
    do: put(:enable, name, Gate.new(:schedule, {from, until}), %{schedule: %{from: from, until: until}}, by, true)

  defp do_enable(name, [requires: parent], by) when is_atom(parent), do: do_enable(name, [requires: {parent, true}], by)

  defp do_enable(name, [requires: {parent, required}], by) when is_atom(parent) and is_boolean(required),
    do:
      put(
        :enable,
        name,
        Gate.new(:prerequisite, parent, required),
        %{requires: %{flag: parent, enabled: required}},
        by,
        true
      )

  @doc "Disables a flag, or (`for_actor:`, `for_group:`, `for_percentage_of:`) for some."
  @spec disable(atom, keyword) :: {:ok, boolean} | {:error, term}
  def disable(flag_name, options \\ []) when is_atom(flag_name),
    do: span(:disable, flag_name, options, &do_disable(flag_name, &1, &2))

  defp do_disable(name, [], by), do: put(:disable, name, Gate.new(:boolean, false), %{}, by)
  defp do_disable(name, [for_actor: nil], by), do: do_disable(name, [], by)

  defp do_disable(name, [for_actor: actor], by) do
    gate = Gate.new(:actor, actor, false)
    put(:disable, name, gate, %{for_actor: gate.for}, by, false)
  end

  defp do_disable(name, [for_group: nil], by), do: do_disable(name, [], by)

  defp do_disable(name, [for_group: group], by) do
    gate = Gate.new(:group, group, false)
    put(:disable, name, gate, %{for_group: gate.for}, by, false)
  end

  defp do_disable(name, [for_percentage_of: {type, ratio}], by) when is_float(ratio) do
    with {:ok, true} <- do_enable(name, [for_percentage_of: {type, 1.0 - ratio}], by), do: {:ok, false}
  end

  defp do_disable(_, _, _), do: {:error, :unsupported_scope}

  @doc "Removes a flag, or one gate of it."
  @spec clear(atom, keyword) :: :ok | {:error, term}
  def clear(flag_name, options \\ []) when is_atom(flag_name),
    do: span(:clear, flag_name, options, &do_clear(flag_name, &1, &2))

  defp do_clear(name, [], by), do: delete(name, nil, %{}, by)
  defp do_clear(name, [for_actor: nil], by), do: do_clear(name, [], by)
  defp do_clear(name, [for_group: nil], by), do: do_clear(name, [], by)
  defp do_clear(name, [boolean: true], by), do: delete(name, Gate.new(:boolean, false), %{boolean: true}, by)

  defp do_clear(name, [for_actor: actor], by) do
    gate = Gate.new(:actor, actor, false)
    delete(name, gate, %{for_actor: gate.for}, by)
  end

  defp do_clear(name, [for_group: group], by) do
    gate = Gate.new(:group, group, false)
    delete(name, gate, %{for_group: gate.for}, by)
  end

  defp do_clear(name, [for_segment: segment], by) do
    gate = Gate.new(:segment, segment, false)
    delete(name, gate, %{for_segment: gate.for}, by)
  end

  defp do_clear(name, [for_percentage: true], by),
    do: delete(name, Gate.new(:percentage_of_time, 0.5), %{percentage: true}, by)

  defp do_clear(name, [variant: true], by), do: delete(name, %Gate{type: :variant}, %{variant: true}, by)
  defp do_clear(name, [rule: true], by), do: delete(name, Gate.new(:rule, [], false), %{rule: true}, by)
  defp do_clear(name, [schedule: true], by), do: delete(name, Gate.new(:schedule, {nil, nil}), %{schedule: true}, by)
  defp do_clear(name, [requires: {parent, _}], by), do: do_clear(name, [requires: parent], by)

  defp do_clear(name, [requires: parent], by) when is_atom(parent),
    do: delete(name, Gate.new(:prerequisite, parent, false), %{requires: parent}, by)

  defp do_clear(_, _, _), do: {:error, :unsupported_scope}

  @doc "Stores a flag's variants: a map of names and weights."
  @spec put_variants(atom, map, keyword) :: {:ok, Flag.t()} | {:error, term}
  def put_variants(flag_name, weights, _options \\ []) when is_atom(flag_name) and is_map(weights) do
    Telemetry.span([:bandera, :put_variants], %{flag_name: flag_name, weights: weights}, fn ->
      gate = Gate.new(:variant, weights)
      variants = for {name, weight} <- Enum.sort(weights), do: %{name: to_string(name), weight: weight}

      result =
        with {:ok, document} <-
               persisted(:put, flag_name, gate, fn -> Compat.write(:variants, flag_name, %{variants: variants}) end),
             do: {:ok, Flag.read(document)}

      {result, %{result: result}}
    end)
  end

  @doc "Stores a segment: a named set of constraints, which flags refer to with `for_segment:`."
  @spec put_segment(atom, [tuple | Constraint.t()]) :: {:ok, Flag.t()} | {:error, term}
  def put_segment(_, []), do: raise(ArgumentError, "put_segment/2 requires at least one constraint")

  def put_segment(name, constraints) when is_atom(name) and is_list(constraints) do
    constraints = Enum.map(constraints, &Constraint.of/1)
    written = Enum.map(constraints, &Map.from_struct/1)
    key = String.to_atom(@segment <> Atom.to_string(name))

    with {:ok, document} <-
           persisted(:put, key, Gate.new(:rule, constraints, true), fn ->
             Compat.write(:segment, name, %{constraints: written})
           end),
         do: {:ok, Flag.segment(name, document["constraints"])}
  end

  @doc "Returns the names of all flags, segments included."
  @spec all_flag_names() :: {:ok, [atom]} | {:error, term}
  def all_flag_names, do: with({:ok, flags} <- all(:all_flag_names), do: {:ok, Enum.map(flags, & &1.name)})

  @doc "Returns all flags, segments included."
  @spec all_flags() :: {:ok, [Flag.t()]} | {:error, term}
  def all_flags, do: all(:all_flags)

  defp all(event) do
    Telemetry.span([:bandera, :persistence, event], %{}, fn ->
      {with(
         {:ok, flags, segments} <- Compat.documents(),
         do: {:ok, Enum.map(flags, &Flag.read/1) ++ Enum.map(segments, &Flag.segment(&1["key"], &1["constraints"]))}
       ), %{}}
    end)
  end

  @doc "Returns a flag. An unknown one has no gates."
  @spec get_flag(atom) :: {:ok, Flag.t()} | {:error, term}
  def get_flag(flag_name) when is_atom(flag_name) do
    Compat.event([:bandera, :persistence, :get], %{flag_name: flag_name})

    case Atom.to_string(flag_name) do
      @segment <> segment ->
        with {:ok, _, segments} <- Compat.documents(),
             do: {:ok, segment(flag_name, Enum.find(segments, &(&1["key"] == segment)))}

      _ ->
        with {:ok, document} <- Compat.document(flag_name),
             do: {:ok, if(document, do: Flag.read(document), else: %Flag{name: flag_name})}
    end
  end

  defp segment(flag_name, nil), do: %Flag{name: flag_name}
  defp segment(_, document), do: Flag.segment(document["key"], document["constraints"])

  @doc "Returns the flags that no host has evaluated for so many days (`older_than:`, 30), or ever."
  @spec stale_flags(keyword) :: [atom]
  def stale_flags(options \\ []) do
    days = options |> Keyword.get(:older_than, 30) |> max(0)
    cutoff = DateTime.utc_now() |> DateTime.add(-days * 86_400, :second)

    case Compat.evaluated() do
      {:ok, flags} -> for {key, last} <- flags, stale?(last, cutoff), do: String.to_atom(key)
      {:error, _} -> []
    end
  end

  defp stale?(nil, _), do: true

  defp stale?(last, cutoff) do
    case DateTime.from_iso8601(last) do
      {:ok, at, _} -> DateTime.compare(at, cutoff) == :lt
      _ -> true
    end
  end

  defp span(event, flag_name, options, run) do
    {by, rest} = Keyword.pop(options, :by)

    Telemetry.span([:bandera, event], %{flag_name: flag_name, options: options}, fn ->
      result = run.(rest, by)
      {result, %{result: result}}
    end)
  end

  # The answer is what the library says of every such gate, whatever the flag requires; or the flag's state, also if it is killed.
  defp put(operation, flag_name, gate, scope, by, answer \\ nil) do
    with {:ok, document} <-
           persisted(:put, flag_name, gate, fn ->
             Compat.write(operation, flag_name, Map.merge(scope, Compat.told(by)))
           end) do
      {:ok, if(answer == nil or document["killed"] == true, do: document["enabled"], else: answer)}
    end
  end

  defp delete(flag_name, gate, scope, by) do
    case persisted(:delete, flag_name, gate, fn ->
           Compat.write(:clear, flag_name, Map.merge(scope, Compat.told(by)))
         end) do
      {:ok, _} -> :ok
      {:error, %{status: 404}} -> :ok
      error -> error
    end
  end

  defp persisted(event, flag_name, gate, run),
    do: Telemetry.span([:bandera, :persistence, event], %{flag_name: flag_name, gate: gate}, fn -> {run.(), %{}} end)
end
