defmodule Gonfalon.SnapshotInfo do
  @moduledoc """
  A snapshot's description: its environment, content id (hex), lineage (hex), revision, the number of flags and of segments, and of the
  records that a newer build wrote and this engine can't read.
  """

  @type t :: %__MODULE__{
          environment: String.t(),
          id: String.t(),
          lineage: String.t(),
          revision: non_neg_integer,
          flags: non_neg_integer,
          segments: non_neg_integer,
          unreadable: non_neg_integer
        }

  defstruct [:environment, :id, :lineage, :revision, :flags, :segments, :unreadable]

  @doc false
  def read({environment, id, lineage, revision, flags, segments, unreadable}) do
    %__MODULE__{
      environment: environment,
      id: Base.encode16(id, case: :lower),
      lineage: Base.encode16(lineage, case: :lower),
      revision: revision,
      flags: flags,
      segments: segments,
      unreadable: unreadable
    }
  end

  @doc "Lineage, revision and content id in one, as the wire has them."
  @spec position(t) :: String.t()
  def position(%__MODULE__{} = info), do: "#{info.lineage}-#{info.revision}-#{info.id}"
end
