defmodule Gonfalon.Compat.Bandera.Test do
  @moduledoc """
  Flags of a test, as `Bandera.Test` sets them: `Gonfalon.Compat.Bandera.Test.start()` in `test_helper.exs`, and `use` it in a test's module.
  They are those of `Gonfalon.Test`.
  """

  alias Gonfalon.Compat
  alias Gonfalon.Compat.Bandera

  @doc "Puts tests' flags in the client's place."
  @spec start() :: :ok
  def start, do: Gonfalon.Test.start(client: Compat.client(), group_conflict: :allow_wins)

  @doc "Sets a flag."
  @spec put_flag(atom, boolean) :: :ok
  def put_flag(flag_name, true), do: done(Bandera.enable(flag_name))
  def put_flag(flag_name, false), do: done(Bandera.disable(flag_name))

  @doc "Sets a flag for an actor."
  @spec put_flag(atom, boolean, term) :: :ok
  def put_flag(flag_name, true, actor), do: done(Bandera.enable(flag_name, for_actor: actor))
  def put_flag(flag_name, false, actor), do: done(Bandera.disable(flag_name, for_actor: actor))

  @doc "Enables a flag."
  @spec enable_flag(atom) :: :ok
  def enable_flag(flag_name), do: put_flag(flag_name, true)

  @doc "Enables a flag for an actor."
  @spec enable_flag(atom, term) :: :ok
  def enable_flag(flag_name, actor), do: put_flag(flag_name, true, actor)

  @doc "Disables a flag."
  @spec disable_flag(atom) :: :ok
  def disable_flag(flag_name), do: put_flag(flag_name, false)

  @doc "Disables a flag for an actor."
  @spec disable_flag(atom, term) :: :ok
  def disable_flag(flag_name, actor), do: put_flag(flag_name, false, actor)

  @doc "Forgets what the test set for a flag."
  @spec clear(atom) :: :ok
  def clear(flag_name), do: done(Bandera.clear(flag_name))

  @doc "Forgets all that the test set."
  @spec reset() :: :ok
  def reset, do: Gonfalon.Test.clear(nil, client: Compat.client())

  defp done({:error, reason}), do: raise("the flag can't be set: #{inspect(reason)}")
  defp done(_), do: :ok

  @doc false
  defmacro __using__(_) do
    quote do
      import Gonfalon.Compat.Bandera.Test, only: [enable_flag: 1, enable_flag: 2, disable_flag: 1, disable_flag: 2]

      setup context do
        for {flag_name, value} <- Map.get(context, :feature_flags, []),
            do: Gonfalon.Compat.Bandera.Test.put_flag(flag_name, value)

        :ok
      end
    end
  end
end
