defmodule Gonfalon.Compat.Bandera.Audit do
  @moduledoc "Calls a function with an event for each enable, disable and clear, as `Bandera.Audit` does. It needs the application `telemetry`."

  require Logger

  defmodule Event do
    @moduledoc "A change of a flag."
    defstruct [:action, :flag_name, :options, :result, :actor, :at]
  end

  @actions [:enable, :disable, :clear]

  @doc "Attaches a function under an id."
  @spec attach(term, (%Event{} -> any)) :: :ok | {:error, :already_exists | :no_telemetry}
  def attach(id, callback) when is_function(callback, 1) do
    events = for action <- @actions, do: [:bandera, action, :stop]

    if Code.ensure_loaded?(:telemetry),
      do: apply(:telemetry, :attach_many, [id, events, &__MODULE__.handle/4, callback]),
      else: {:error, :no_telemetry}
  end

  @doc "Detaches what `attach/2` attached."
  @spec detach(term) :: :ok | {:error, :not_found}
  def detach(id),
    do: if(Code.ensure_loaded?(:telemetry), do: apply(:telemetry, :detach, [id]), else: {:error, :not_found})

  @doc false
  def handle([:bandera, action, :stop], _, metadata, callback) do
    options = Map.get(metadata, :options, [])

    event = %Event{
      action: action,
      flag_name: metadata[:flag_name],
      options: options,
      result: metadata[:result],
      actor: options[:by],
      at: DateTime.utc_now()
    }

    callback.(event)
    :ok
  rescue
    # What raises here would be detached.
    error -> Logger.error("an audit's function raised #{inspect(error.__struct__)}")
  end
end

defmodule Gonfalon.Compat.Bandera.Usage do
  @moduledoc """
  Stands in for `Bandera.Usage`. The control plane knows when any host last evaluated a flag, so there is nothing to start: as a child it is
  none, and `attach/0` does nothing.
  """

  alias Gonfalon.Compat

  def child_spec(_), do: %{id: __MODULE__, start: {__MODULE__, :start_link, [[]]}}
  def start_link(_ \\ []), do: :ignore

  @spec attach() :: :ok
  def attach, do: :ok

  @spec detach() :: :ok
  def detach, do: :ok

  @doc "Returns when a host last evaluated the flag, as far as hosts have reported; nil if none did."
  @spec last_evaluated(atom) :: DateTime.t() | nil
  def last_evaluated(flag_name) do
    with {:ok, %{"last_evaluated" => last}} when last != nil <- Compat.document(flag_name),
         {:ok, at, _} <- DateTime.from_iso8601(last) do
      at
    else
      _ -> nil
    end
  end
end
