defmodule Gonfalon.Native do
  @moduledoc false
  # The engine: the C library, in which the module is translated to C. c_src/gonfalon_nif.c says what runs where.
  #
  # A question is answered with a packed decision, a term, or an error below 0: -1 malformed request, -2 answer too large,
  # -4 index out of range, -100 trapped (the instance is of no more use: mend the pool), -101 no memory.

  @on_load :open

  def open do
    path = :gonfalon |> :code.priv_dir() |> Path.join("gonfalon_nif")
    :erlang.load_nif(String.to_charlist(path), 0)
  end

  def trapped, do: -100

  def load(_bytes, _most, _memory), do: :erlang.nif_error(:not_loaded)
  def mend(_pool), do: :erlang.nif_error(:not_loaded)
  def data(_pool), do: :erlang.nif_error(:not_loaded)
  def size(_pool), do: :erlang.nif_error(:not_loaded)
  def info(_pool), do: :erlang.nif_error(:not_loaded)
  def flag_keys(_pool), do: :erlang.nif_error(:not_loaded)
  def needs(_pool, _request), do: :erlang.nif_error(:not_loaded)
  def evaluate(_pool, _request), do: :erlang.nif_error(:not_loaded)
  def decide(_pool, _request), do: :erlang.nif_error(:not_loaded)
  def batch(_pool, _request, _first), do: :erlang.nif_error(:not_loaded)
  def explain(_pool, _request), do: :erlang.nif_error(:not_loaded)
  def splice(_pool, _delta), do: :erlang.nif_error(:not_loaded)

  # Only where the package's own tests run: it is built for them.
  if Mix.Project.config()[:app] == :gonfalon and Mix.env() == :test do
    def spoil(_pool), do: :erlang.nif_error(:not_loaded)
  end
end
