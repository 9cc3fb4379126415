defmodule Gonfalon.Fault do
  @moduledoc false
  # What a process of a client does with whatever is raised, thrown or exited in it: it is one line of the log, and the process goes on. A
  # process that ended would be started again only so often, and then take the program's own supervisor along.

  require Logger

  @doc "What happened, in a few words: without the reason's own text, which may hold what a log must not."
  @spec said(:error | :throw | :exit, term) :: String.t()
  def said(:error, reason), do: "raised #{inspect(Exception.normalize(:error, reason).__struct__)}"
  def said(:throw, _), do: "threw"

  def said(:exit, {reason, {module, function, _}}) when is_atom(reason),
    do: "exited: #{reason} in #{inspect(module)}.#{function}"

  def said(:exit, reason) when is_atom(reason), do: "exited: #{reason}"
  def said(:exit, _), do: "exited"

  @spec log(String.t()) :: :ok
  def log(what), do: Logger.error("#{what}; it goes on")
end
