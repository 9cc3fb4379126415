defmodule Gonfalon.Pairs do
  @moduledoc false
  # Decides (snapshot, request) pairs of a file, for comparison with another host byte by byte: the protocol of
  # hostsdk/python/src/gonfalon/differential.py. What a program could ask is asked again as a program would, by a context as it comes and by
  # one prepared, which leave out of their requests what the flag doesn't need; another decision raises.

  alias Gonfalon.{Asking, Client, Context, Engine, LoadError, Msgpack, Native}

  @refused <<0xFFFFFFFF::32, 0::96>>

  defmodule Keyless do
    @moduledoc false
    defstruct []
  end

  @doc "The decisions' bytes, how many there are, and how many of them were asked again. A file that ends in a record raises."
  def decide(data), do: decide(data, nil, [], {0, 0})

  defp decide(<<>>, _, found, {count, again}), do: {Enum.reverse(found), count, again}

  defp decide(data, loaded, found, {count, again}) do
    {snapshot, data} = record(data)
    {request, data} = record(data)
    loaded = if snapshot == "", do: loaded, else: load(snapshot)
    {written, asked} = answer(loaded, request)
    decide(data, loaded, [written | found], {count + 1, again + asked})
  end

  defp record(<<size::little-32, body::binary-size(size), rest::binary>>), do: {body, rest}
  defp record(_), do: raise(ArgumentError, "the file ends in the middle of a record")

  defp load(snapshot) do
    {Engine.load(snapshot, 1, 1), Client.new(:pairs, nil, nil)}
  rescue
    LoadError -> nil
  end

  defp answer(nil, _), do: {@refused, 0}

  defp answer({engine, client}, request) do
    case Native.decide(engine.pool, request) do
      {packed, variant, payload, target} ->
        texts = for text <- [variant, payload, target], do: [<<byte_size(text || "")::little-32>>, text || ""]
        {[<<packed::little-32>> | texts], again(engine, client, request, packed)}

      _ ->
        {@refused, 0}
    end
  end

  defp again(engine, client, request, packed) do
    case question(request) do
      nil ->
        0

      {key, who, now, roll} ->
        context = Context.new(who)
        ways = [struct(Asking, [now: now, roll: roll] ++ who), %Asking{for: context, now: now, roll: roll}]

        for asking <- ways, found = Engine.evaluate(engine, client, key, asking), found != packed do
          raise "#{Base.encode16(request)} is #{packed}, asked by #{if asking.for == context, do: "a prepared context", else: "a context"} #{found}"
        end

        1
    end
  end

  # What a program would have to ask; nil if it would write another actor, other groups or other attributes than the request has.
  defp question(request) do
    with {:ok, [key, actor, groups, now, roll, attributes]} when is_binary(key) and is_list(groups) <-
           Msgpack.unpack_all(request),
         true <- String.valid?(key) and is_integer(now) and is_integer(roll),
         {:map, pairs} <- attributes,
         true <- (is_binary(actor) or actor in [nil, false]) and Enum.all?(groups, &is_binary/1),
         true <- Enum.all?(pairs, fn {name, _} -> is_binary(name) end) do
      context = Map.new(pairs, fn {name, value} -> {name, plain(value)} end)
      who = [for: if(actor == false, do: %Keyless{}, else: actor), groups: groups, context: context]
      read = Context.new(who)
      same = rewritten(key, read, groups, now, roll, pairs) == request and map_size(context) == length(pairs)
      if same, do: {key, who, now, roll}
    else
      _ -> nil
    end
  catch
    :no_value -> nil
  end

  # In the request's own order of attributes, which no map has.
  defp rewritten(key, read, groups, now, roll, pairs) do
    attributes = [
      Msgpack.map(length(pairs)) | for({name, _} <- pairs, do: [Msgpack.str(name), Map.fetch!(read.attributes, name)])
    ]

    IO.iodata_to_binary([
      <<0x96>>,
      Msgpack.str(key),
      Msgpack.pack(read.actor),
      Msgpack.pack(if(read.groups == groups, do: groups, else: [])),
      Msgpack.integer(now),
      Msgpack.integer(roll),
      attributes
    ])
  rescue
    KeyError -> ""
  end

  defp plain({:map, pairs}) do
    unless Enum.all?(pairs, fn {name, _} -> is_binary(name) end), do: throw(:no_value)
    Map.new(pairs, fn {name, value} -> {name, plain(value)} end)
  end

  defp plain(list) when is_list(list), do: Enum.map(list, &plain/1)
  defp plain({_, _}), do: throw(:no_value)
  defp plain({_, _, _}), do: throw(:no_value)
  defp plain(value), do: value
end

defimpl Gonfalon.Actor, for: Gonfalon.Pairs.Keyless do
  def id(_), do: nil
end
