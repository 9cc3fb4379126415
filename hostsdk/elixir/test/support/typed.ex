defmodule Gonfalon.Typed do
  @moduledoc "The typed values of hostsdk/testdata/README.md, and what knows its id or its groups."

  defmodule Prints do
    defstruct [:text]

    defimpl String.Chars do
      def to_string(prints), do: prints.text
    end
  end

  defmodule Identified do
    defstruct [:found]

    defimpl Gonfalon.Actor do
      def id(%{found: :raises}), do: raise("it has none")
      def id(%{found: found}), do: found
    end
  end

  defmodule Member do
    defstruct [:actor, :groups]

    defimpl Gonfalon.Actor do
      def id(member), do: member.actor
    end

    defimpl Gonfalon.Group do
      def in?(%{groups: nil}, _), do: raise("who knows")
      def in?(%{groups: groups}, name), do: name in groups
    end
  end

  @doc "The value; throws `{:none, kind}` if Elixir has no such type."
  def value(typed, actor \\ nil)
  def value(%{"string" => text}, _), do: text
  def value(%{"bool" => value}, _), do: value
  def value(%{"null" => _}, _), do: nil
  def value(%{"surrogate" => _}, _), do: <<0xFF>>
  def value(%{"int" => digits}, _), do: String.to_integer(digits)
  def value(%{"bigint" => digits}, _), do: String.to_integer(digits)
  # Erlang's floats are finite.
  def value(%{"float" => text}, _) when text in ["NaN", "Infinity", "-Infinity"], do: throw({:none, text})

  def value(%{"float" => text}, _) do
    {value, ""} = Float.parse(text)
    value
  end

  def value(%{"list" => items}, _), do: Enum.map(items, &value/1)
  def value(%{"repeated" => [of, times]}, _), do: of |> value() |> List.duplicate(times)
  def value(%{"map" => members}, _), do: Map.new(members, fn {name, item} -> {name, value(item)} end)
  def value(%{"prints" => text}, _), do: %Prints{text: text}
  def value(%{"raises" => _}, _), do: :raises
  def value(%{"id" => id}, _), do: %Identified{found: value(id)}
  def value(%{"member" => groups}, actor), do: %Member{actor: actor, groups: groups}

  def value(%{"time" => text}, _) do
    # With its offset, as it is written.
    {:ok, utc, offset} = DateTime.from_iso8601(text)
    naive = utc |> DateTime.to_naive() |> NaiveDateTime.add(offset)

    struct(
      DateTime,
      naive
      |> Map.from_struct()
      |> Map.merge(%{utc_offset: offset, std_offset: 0, time_zone: "Etc/Test", zone_abbr: "T"})
    )
  end

  # bytes are strings here; a UUID has no type of its own; the others are Go's.
  def value(typed, _), do: throw({:none, typed |> Map.keys() |> hd()})
end
