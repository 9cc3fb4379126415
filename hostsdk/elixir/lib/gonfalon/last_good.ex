defmodule Gonfalon.LastGood do
  @moduledoc false
  # Files that hold a snapshot: a bootstrap, a file to follow, and the last good snapshot.

  require Logger

  @limit Gonfalon.Wire.max_snapshot()
  # Links in one another.
  @links 8
  # Seconds after which a file that is being written belongs to a program that was killed.
  @abandoned 60

  @doc "Reads a file that should be a snapshot, however large somebody made it. A pipe could keep a start waiting."
  @spec read(Path.t()) :: {:ok, binary} | {:error, String.t()} | :none
  def read(path) do
    case File.stat(path) do
      {:ok, %{type: :regular, size: size}} when size <= @limit -> whole(path)
      {:ok, %{type: :regular}} -> {:error, "#{path} is larger than a snapshot can be"}
      {:ok, _} -> {:error, "#{path} is not a regular file"}
      {:error, :enoent} -> :none
      {:error, reason} -> {:error, "#{path}: #{:file.format_error(reason)}"}
    end
  end

  # It may have grown since.
  defp whole(path) do
    with {:ok, file} <- File.open(path, [:read, :raw, :binary]) do
      read = :file.read(file, @limit + 1)
      File.close(file)

      case read do
        {:ok, data} when byte_size(data) <= @limit -> {:ok, data}
        {:ok, _} -> {:error, "#{path} is larger than a snapshot can be"}
        :eof -> {:ok, ""}
        {:error, reason} -> {:error, "#{path}: #{:file.format_error(reason)}"}
      end
    else
      {:error, :enoent} -> :none
      {:error, reason} -> {:error, "#{path}: #{:file.format_error(reason)}"}
    end
  end

  @doc """
  Writes a snapshot whole or not at all. Nothing but a regular file is replaced: not a pipe, a device or a folder. A link stays, and the
  file that it names is replaced. Failing is no reason to stop serving: the answer says why, nil if it succeeded, and is logged unless it
  is what the last answer was.
  """
  @spec keep(Path.t() | nil, binary, String.t() | nil) :: String.t() | nil
  def keep(path, data, last \\ nil)
  def keep(nil, _, _), do: nil

  def keep(path, data, last) do
    file = named(path, @links)
    temporary = "#{file}.#{Base.encode16(:crypto.strong_rand_bytes(6))}"

    with :ok <- File.mkdir_p(Path.dirname(path)),
         :ok <- replaceable(path),
         :ok <- written(temporary, data),
         :ok <- File.rename(temporary, file) do
      sweep(file)
      nil
    else
      {:error, reason} ->
        File.rm(temporary)
        why = if is_binary(reason), do: reason, else: reason |> :file.format_error() |> to_string()
        if why != last, do: Logger.warning("the last good snapshot can't be written to #{path}: #{why}")
        why
    end
  end

  defp replaceable(path) do
    case File.stat(path) do
      {:ok, %{type: :regular}} -> :ok
      {:error, :enoent} -> if match?({:ok, _}, File.read_link(path)), do: {:error, "it is a link to nothing"}, else: :ok
      {:ok, _} -> {:error, "it is not a regular file"}
      error -> error
    end
  end

  # The file that a link names, or the path itself.
  defp named(path, 0), do: path

  defp named(path, links) do
    case File.read_link(path) do
      {:ok, to} -> to |> Path.expand(Path.dirname(path)) |> named(links - 1)
      {:error, _} -> path
    end
  end

  # Deletes what programs that were killed have left half written.
  defp sweep(path) do
    mine = ~r/\A#{Regex.escape(Path.basename(path))}\.[0-9A-F]{12}\z/

    with {:ok, names} <- File.ls(Path.dirname(path)) do
      for name <- names, name =~ mine, left = Path.join(Path.dirname(path), name) do
        with {:ok, %{type: :regular, mtime: written}} <- File.stat(left, time: :posix),
             true <- System.os_time(:second) - written > @abandoned,
             do: File.rm(left)
      end
    end
  end

  defp written(path, data) do
    with {:ok, file} <- File.open(path, [:write, :exclusive, :raw, :binary]) do
      # Only the owner may read it: flags can say who has what.
      result = with :ok <- File.chmod(path, 0o600), :ok <- :file.write(file, data), do: :file.sync(file)
      File.close(file)
      result
    end
  end
end
