defmodule Gonfalon.Test.Documents do
  @moduledoc false
  # A test's flags and segments as documents, and the verbs that change them: those of the control plane's API, as far as tests need them.

  defstruct flags: %{}, segments: %{}

  @doc "Makes a change, whose body is that of the API: the documents after it, and that of the flag."
  def change(documents, operation, key, body) do
    {key, body} = {to_string(key), plain(body)}
    {documents, document} = changed(documents, operation, key, Map.drop(body, ["allow_missing", "reason"]))
    {documents, if(operation == :segment, do: document, else: Map.put(document, "enabled", body["enabled"]))}
  end

  # With string keys, as JSON has them.
  defp plain(map) when is_map(map) and not is_struct(map),
    do: Map.new(map, fn {name, value} -> {to_string(name), plain(value)} end)

  defp plain(list) when is_list(list), do: Enum.map(list, &plain/1)
  defp plain(atom) when is_atom(atom) and atom not in [nil, true, false], do: Atom.to_string(atom)
  defp plain(value), do: value

  defp changed(documents, :segment, key, body) do
    document = Map.put(body, "key", key)
    {put_in(documents.segments[key], document), document}
  end

  defp changed(documents, operation, key, body) do
    document = Map.get(documents.flags, key, %{"key" => key, "gates" => [], "killed" => false, "off_variant" => nil})
    document = verb(operation, document, body)
    {put_in(documents.flags[key], document), document}
  end

  defp verb(:kill, document, body), do: %{document | "killed" => true, "off_variant" => body["off_variant"]}
  defp verb(:clear, document, body) when body == %{}, do: %{document | "gates" => []}

  defp verb(:clear, document, body),
    do: %{document | "gates" => Enum.reject(document["gates"], &(slot(&1) == cleared(body)))}

  defp verb(:variants, document, body),
    do: put(document, %{"type" => "variant", "variants" => body["variants"]})

  defp verb(:enable, document, body), do: put(document, gate(body, true))
  defp verb(:disable, document, body), do: put(document, gate(body, false))

  defp put(document, gate) do
    gates = Enum.reject(document["gates"], &(slot(&1) == slot(gate)))
    %{document | "gates" => Enum.sort_by([gate | gates], &slot/1)}
  end

  defp gate(body, enabled) when body == %{}, do: %{"type" => "boolean", "enabled" => enabled}
  defp gate(%{"for_actor" => actor}, enabled), do: %{"type" => "actor", "target" => actor, "enabled" => enabled}
  defp gate(%{"for_group" => group}, enabled), do: %{"type" => "group", "target" => group, "enabled" => enabled}

  defp gate(%{"for_percentage_of" => %{"actors" => ratio}}, true),
    do: %{"type" => "percentage_of_actors", "ratio" => ratio(ratio)}

  defp gate(%{"for_percentage_of" => %{"time" => ratio}}, true),
    do: %{"type" => "percentage_of_time", "ratio" => ratio(ratio)}

  defp gate(%{"when" => constraints}, true), do: %{"type" => "rule", "enabled" => true, "constraints" => constraints}
  defp gate(%{"for_segment" => segment}, true), do: %{"type" => "segment", "target" => segment, "enabled" => true}

  defp gate(%{"requires" => %{"flag" => parent} = requires}, enabled),
    do: %{"type" => "prerequisite", "target" => parent, "enabled" => Map.get(requires, "enabled", enabled)}

  defp gate(%{"requires" => parent}, enabled), do: %{"type" => "prerequisite", "target" => parent, "enabled" => enabled}

  defp gate(%{"schedule" => schedule}, true),
    do: Map.merge(%{"type" => "schedule", "from" => nil, "until" => nil}, schedule)

  defp gate(body, _), do: raise(ArgumentError, "no such scope: #{inspect(body)}")

  defp ratio(ratio) when is_float(ratio) and ratio > 0 and ratio < 1, do: ratio
  defp ratio(ratio), do: raise(ArgumentError, "#{inspect(ratio)} is not between 0 and 1 (both excluded)")

  # One gate of each slot is stored.
  defp slot(%{"type" => type, "target" => target}), do: {type, target}
  defp slot(%{"type" => type}) when type in ["percentage_of_actors", "percentage_of_time"], do: {"percentage", nil}
  defp slot(%{"type" => type}), do: {type, nil}

  defp cleared(%{"boolean" => true}), do: {"boolean", nil}
  defp cleared(%{"percentage" => true}), do: {"percentage", nil}
  defp cleared(%{"variant" => true}), do: {"variant", nil}
  defp cleared(%{"rule" => true}), do: {"rule", nil}
  defp cleared(%{"schedule" => true}), do: {"schedule", nil}
  defp cleared(%{"for_actor" => actor}), do: {"actor", actor}
  defp cleared(%{"for_group" => group}), do: {"group", group}
  defp cleared(%{"for_segment" => segment}), do: {"segment", segment}
  defp cleared(%{"requires" => %{"flag" => parent}}), do: {"prerequisite", parent}
  defp cleared(%{"requires" => parent}), do: {"prerequisite", parent}
end
