defmodule Gonfalon.Payload do
  @moduledoc false
  # A variant's payload, and as the type that a program asks for; nil if it is of another one.

  alias Gonfalon.{JSON, Values}

  @doc "A payload from its JSON; nil if it can't be read. Integers beyond ±2^53 are the nearest floats, also inside an object."
  def read(json) do
    case JSON.decode(json) do
      {:ok, value} -> rounded(value)
      {:error, _} -> nil
    end
  end

  defp rounded(n) when is_integer(n) do
    if abs(n) <= Values.exact(), do: n, else: n * 1.0
  rescue
    ArithmeticError -> nil
  end

  defp rounded(list) when is_list(list), do: Enum.map(list, &rounded/1)
  defp rounded(map) when is_map(map), do: Map.new(map, fn {name, value} -> {name, rounded(value)} end)
  defp rounded(value), do: value

  def boolean(value) when is_boolean(value), do: value
  def boolean(_), do: nil

  def string(value) when is_binary(value), do: value
  def string(_), do: nil

  @doc "A number without a fraction within ±2^53, where integers and floats agree in every language."
  def integer(value) when is_integer(value), do: value
  # At 2^53 a float is an integer beyond, as the nearest float.
  def integer(value) when is_float(value),
    do: if(trunc(value) == value and abs(value) < Values.exact(), do: trunc(value))

  def integer(_), do: nil

  def float(value) when is_number(value), do: value * 1.0
  def float(_), do: nil

  def map(value) when is_map(value), do: value
  def map(_), do: nil
end
