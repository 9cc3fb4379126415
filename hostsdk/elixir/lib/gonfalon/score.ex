defmodule Gonfalon.Score do
  @moduledoc false
  # Where an actor falls, for any flag.

  alias Gonfalon.{Asking, Context, Values}

  @doc """
  Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what percentages and variants
  go by. `nil` for an actor without an id, for nobody, and for a key that is none.
  """
  @spec score(atom | String.t(), term) :: float | nil
  def score(key, actor) when is_binary(key) or (is_atom(key) and key != nil) do
    case Context.of(%Asking{for: actor}, []) do
      %Context{actor: id} when is_binary(id) ->
        <<score::16, _::binary>> = :crypto.hash(:sha256, [id, Values.text(to_string(key))])
        score / 65_536

      _ ->
        nil
    end
  catch
    # Of an actor's own code.
    _, _ -> nil
  end

  def score(_, _), do: nil
end
