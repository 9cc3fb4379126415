defmodule Gonfalon.Asking do
  @moduledoc false
  # The options of a call, read once. An option that isn't known is kept, to be told of; no option makes a call fail.

  defstruct for: nil, groups: nil, context: nil, default: nil, now: nil, roll: nil, client: Gonfalon, wrong: []

  @type t :: %__MODULE__{}

  @spec read(term) :: t
  def read([]), do: %__MODULE__{}
  def read([{:for, actor}]), do: %__MODULE__{for: actor}
  def read(options) when is_list(options), do: read(options, %__MODULE__{})
  def read(_), do: %__MODULE__{wrong: ["options that are no keyword list"]}

  defp read([{:for, value} | rest], asking), do: read(rest, %{asking | for: value})
  defp read([{:groups, value} | rest], asking), do: read(rest, %{asking | groups: value})
  defp read([{:context, value} | rest], asking), do: read(rest, %{asking | context: value})
  defp read([{:default, value} | rest], asking), do: read(rest, %{asking | default: value})
  defp read([{:client, value} | rest], asking), do: read(rest, %{asking | client: value})
  defp read([{:now, value} | rest], asking) when is_integer(value), do: read(rest, %{asking | now: value})
  defp read([{:roll, value} | rest], asking) when is_integer(value), do: read(rest, %{asking | roll: value})
  defp read([{name, nil} | rest], asking) when name in [:now, :roll], do: read(rest, asking)
  defp read([{name, _} | rest], asking) when is_atom(name), do: read(rest, wrong(asking, "the option #{inspect(name)}"))
  defp read([], asking), do: asking
  defp read(_, asking), do: wrong(asking, "options that are no keyword list")

  defp wrong(asking, what), do: %{asking | wrong: [what | asking.wrong]}
end
