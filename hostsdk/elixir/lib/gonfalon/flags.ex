defmodule Gonfalon.Flags do
  @moduledoc false
  # How a program evaluates flags. It only reads memory; where nothing can be decided, the caller gets the default.

  alias Gonfalon.{Asking, Client, ContextError, Decision, Engine, Explanation}

  # That one question may name.
  @max_keys 100_000

  def enabled?(key, asking) do
    default = if is_boolean(asking.default), do: asking.default, else: false

    decided(key, asking, default, fn -> default end, fn engine, client, key ->
      packed = Engine.evaluate(engine, client, key, asking)
      if packed == 0, do: Client.unknown_flag(client, key)
      Bitwise.band(packed, 1) == 1
    end)
  end

  def decide(key, asking) do
    decided(key, asking, &Decision.undecided/3, fn -> Decision.undecided(shown(key)) end, fn engine, client, key ->
      decision = Engine.decide(engine, client, Engine.text!(key), asking)
      unless decision.known, do: Client.unknown_flag(client, key)
      decision
    end)
  end

  def payload(key, asking, convert) do
    decision = decide(key, asking)
    value = if decision.has_payload, do: convert.(decision.payload)
    if value == nil, do: asking.default, else: value
  end

  def explain(key, asking) do
    undecided = fn key, revision, error ->
      %Explanation{
        decision: Decision.undecided(key, revision, error),
        environment: environment(asking),
        revision: revision
      }
    end

    decided(key, asking, undecided, fn -> undecided.(shown(key), nil, nil) end, fn engine, client, key ->
      explanation = Engine.explain(engine, client, Engine.text!(key), asking)
      unless explanation.decision.known, do: Client.unknown_flag(client, key)
      explanation
    end)
  end

  def decide_all(keys, asking) do
    client = Client.find(asking.client)
    engine = Client.engine(client)

    try do
      wanted = keys && wanted(keys)

      if engine == nil do
        Enum.map(wanted || [], &Decision.undecided/1)
      else
        note_options(client, asking)
        decisions = Engine.decide_all(engine, client, wanted, asking)
        Enum.each(decisions, &note(client, &1))
        decisions
      end
    catch
      thrown, reason ->
        error = failed(client, "all flags", thrown, reason)

        for key <- named(keys, asking), do: Decision.undecided(shown(key), engine && engine.revision, error)
    end
  end

  # The keys that are asked for. An enumerable may have no end.
  defp wanted(keys) do
    taken = Enum.take(keys, @max_keys + 1)
    if length(taken) > @max_keys, do: raise(ArgumentError, "more than #{@max_keys} keys")
    Enum.map(taken, &Engine.text!/1)
  end

  # The keys that were asked for, as far as they are a list; none if there are too many.
  defp named(nil, asking), do: keys(asking)
  defp named(keys, _), do: named(keys, @max_keys, [])

  defp named([_ | _], 0, _), do: []
  defp named([key | rest], left, found), do: named(rest, left - 1, [key | found])
  defp named(_, _, found), do: Enum.reverse(found)

  defp note(_, %{known: true}), do: :ok
  defp note(client, %{error: nil, key: key}), do: Client.unknown_flag(client, key)
  defp note(client, %{error: error, key: key}), do: failed(client, key, :error, error)

  def keys(asking) do
    client = Client.find(asking.client)

    case Client.engine(client) do
      nil -> []
      engine -> Engine.all_keys(engine, client)
    end
  rescue
    _ -> []
  end

  # Asks the snapshot that serves. `failed` makes the answer where it can't decide, or is it; `absent` that where there is none.
  defp decided(key, asking, failed, absent, ask) do
    client = Client.find(asking.client)

    case Client.engine(client) do
      nil ->
        absent.()

      engine ->
        try do
          note_options(client, asking)
          ask.(engine, client, key)
        catch
          thrown, reason ->
            error = failed(client, shown(key), thrown, reason)
            if is_function(failed), do: failed.(shown(key), engine.revision, error), else: failed
        end
    end
  end

  defp note_options(_, %Asking{wrong: []}), do: :ok
  # A context that is made of the options notes them with the rest.
  defp note_options(client, %Asking{for: %Gonfalon.Context{}, wrong: wrong}), do: Client.unreadable(client, wrong)
  defp note_options(_, _), do: :ok

  @doc "Notes a decision that failed, and returns the error that it keeps."
  def failed(client, _, :error, %ContextError{} = error) do
    Client.unreadable(client, ["something that can't be read: #{error.message}"])
    error
  end

  def failed(client, key, thrown, reason) do
    error = Exception.normalize(thrown, reason)

    kind =
      if is_exception(error), do: "#{inspect(error.__struct__)}: #{Exception.message(error)}", else: inspect(thrown)

    Client.broken(client, key, kind)
    if is_exception(error), do: error, else: %Gonfalon.EngineError{message: kind}
  end

  defp shown(key) when is_binary(key), do: key
  defp shown(key) when is_atom(key), do: Atom.to_string(key)
  defp shown(_), do: ""

  defp environment(asking) do
    client = Client.find(asking.client)
    engine = Client.engine(client)
    if engine, do: Engine.info(engine).environment, else: (client && client.environment) || ""
  end
end
