defmodule Gonfalon do
  @moduledoc """
  Feature flags evaluated in memory. A client follows an environment of a Gonfalon server and keeps its newest snapshot in the engine that
  every language shares. Evaluating a flag takes no request, works while the server is down, and gives the same answer everywhere.

      children = [
        {Gonfalon, endpoint: "https://flags.example.com", token: System.fetch_env!("GONFALON_TOKEN"), last_good: "/var/lib/shop/flags"}
      ]

      Gonfalon.enabled?(:new_checkout, for: current_user, context: %{"plan" => "pro"})

  ## Asking

  A flag is named by an atom or a string. Every question takes these options:

    * `for` – the actor: a string, an integer, what implements `Gonfalon.Actor`, or a prepared `Gonfalon.Context`
    * `groups` – a list of names, or a function that answers whether the actor is in a group; not needed for what implements `Gonfalon.Group`
    * `context` – a map of attributes; its keys are strings or atoms
    * `default` – the answer where nothing can be decided
    * `client` – the client's name, if it isn't `Gonfalon`
    * `now` (Unix microseconds) and `roll` (64 bits of chance) replay a decision

  No question blocks, uses the network or raises, whatever it is given.
  """

  alias Gonfalon.{
    Asking,
    Client,
    Decision,
    Engine,
    Explanation,
    Flags,
    Options,
    Payload,
    SnapshotInfo,
    Stats,
    Status,
    Store,
    Telemetry
  }

  @version Mix.Project.config()[:version]
  @type key :: atom | String.t()
  @type state :: :not_ready | :ready | :stale | :error

  @doc false
  def version, do: @version

  @doc """
  Starts a client, as a child of a supervisor: `{Gonfalon, options}`. It waits for the first snapshot for at most `ready_within`, and then
  continues whatever the state: a server that is down never keeps a program from starting. Times are in milliseconds.

    * `endpoint`, `token` – the server's address and a token of role sdk; or `GONFALON_ENDPOINT` and `GONFALON_TOKEN`
    * `admin_token` – a token of role editor, for the writes of `Gonfalon.Compat`
    * `name` – the client's name, an atom (`Gonfalon`); a second client needs one
    * `environment` – the environment's key (`"default"`). Snapshots of another one are refused
    * `last_good` – a file where each snapshot from the source is kept, and found again at the next start
    * `bootstrap` – a snapshot to start with: its bytes, or a file. Without an endpoint it is the only source
    * `file` – a snapshot file to follow instead of a server
    * `poll_interval` – how long between polls, instead of the stream
    * `ready_within` – how long a start waits for the source (5,000); 0: not at all
    * `ttl` – how long without a word of the source until `:stale` (never)
    * `grace` – how long a lost source isn't yet `:stale` (5,000)
    * `tls` – options for `:ssl`, such as `cacertfile: "…"`. Certificates are verified
    * `pace` – how patient the source is: `backoff`, `longest`, `usage`, `farewell`
    * `clock` – a function that returns Unix microseconds, for the events of schedules
  """
  @spec start_link(keyword) :: Supervisor.on_start()
  defdelegate start_link(options), to: Gonfalon.Supervisor

  @doc false
  # Reports of supervisors show how a child was started: with tokens that are hidden.
  def child_spec(options) do
    %{
      id: {Gonfalon, Keyword.get(options, :name, Gonfalon)},
      start: {Gonfalon, :start_link, [Options.hidden(options)]},
      type: :supervisor
    }
  end

  @doc """
  Returns whether the flag is on. An unknown or killed flag is off; `default` counts only where nothing could be decided.

      Gonfalon.enabled?(:new_checkout, for: "user:3", groups: ["staff"])
  """
  @spec enabled?(key, keyword) :: boolean
  def enabled?(key, options \\ []) do
    asking = Asking.read(options)
    enabled = Flags.enabled?(key, asking)
    told(asking, [:gonfalon, :enabled?], key, options, enabled)
  end

  @doc "Returns the name of the variant that the actor is served; `default` (nil) if none is. A disabled flag still serves its variant."
  @spec variant(key, keyword) :: String.t() | term
  def variant(key, options \\ []) do
    asking = Asking.read(options)
    variant = Flags.decide(key, asking).variant || asking.default
    told(asking, [:gonfalon, :variant], key, options, variant)
  end

  @doc "Returns the payload of the variant that the actor is served, of whatever type; `default` if it has none."
  @spec payload(key, keyword) :: term
  def payload(key, options \\ []), do: Flags.payload(key, Asking.read(options), & &1)

  @doc "Returns the payload if it is a boolean, else `default`."
  @spec payload_bool(key, keyword) :: boolean | term
  def payload_bool(key, options \\ []), do: Flags.payload(key, Asking.read(options), &Payload.boolean/1)

  @doc "Returns the payload if it is a string, else `default`."
  @spec payload_string(key, keyword) :: String.t() | term
  def payload_string(key, options \\ []), do: Flags.payload(key, Asking.read(options), &Payload.string/1)

  @doc "Returns the payload if it is a number without a fraction within ±2^53, else `default`."
  @spec payload_int(key, keyword) :: integer | term
  def payload_int(key, options \\ []), do: Flags.payload(key, Asking.read(options), &Payload.integer/1)

  @doc "Returns the payload if it is a number, as a float, else `default`."
  @spec payload_float(key, keyword) :: float | term
  def payload_float(key, options \\ []), do: Flags.payload(key, Asking.read(options), &Payload.float/1)

  @doc "Returns the payload if it is an object, as a map, else `default`."
  @spec payload_object(key, keyword) :: map | term
  def payload_object(key, options \\ []), do: Flags.payload(key, Asking.read(options), &Payload.map/1)

  @doc "Returns the whole decision about one flag."
  @spec decide(key, keyword) :: Decision.t()
  def decide(key, options \\ []), do: Flags.decide(key, Asking.read(options))

  @doc "Returns the decisions about the flags that `keys` lists, in their order, or about all flags, ascending by key."
  @spec decide_all(keyword) :: [Decision.t()]
  def decide_all(options \\ []) do
    {keys, options} = if Keyword.keyword?(options), do: Keyword.pop(options, :keys), else: {nil, options}
    Flags.decide_all(keys, Asking.read(options))
  end

  @doc "Returns the decision with every gate that the engine looked at; `to_string/1` makes a table of it. It isn't counted as an evaluation."
  @spec explain(key, keyword) :: Explanation.t()
  def explain(key, options \\ []), do: Flags.explain(key, Asking.read(options))

  @doc "Returns the keys of all flags, ascending."
  @spec keys(keyword) :: [String.t()]
  def keys(options \\ []), do: Flags.keys(Asking.read(options))

  @doc """
  Returns an actor's place in [0, 1) for a flag, whether or not there is such a flag: what percentages and variants go by. `nil` for an actor
  without an id, for nobody, and for a key that is none.
  """
  @spec score(key, term) :: float | nil
  defdelegate score(key, actor), to: Gonfalon.Score

  @doc "Returns the bytes that serve now, to be kept as a bootstrap; nil before the first."
  @spec snapshot(keyword) :: binary | nil
  def snapshot(options \\ []), do: with(%{} = engine <- engine(options), do: Engine.data(engine))

  @doc "Returns the description of the snapshot that serves; nil before the first."
  @spec info(keyword) :: SnapshotInfo.t() | nil
  def info(options \\ []), do: with(%{} = engine <- engine(options), do: Engine.info(engine))

  @doc """
  Returns what the answers rest on: `:not_ready` (nothing is loaded yet), `:ready` (a snapshot serves, and the source confirms it), `:stale`
  (one serves, but the source is unreachable or hasn't answered yet) or `:error` (nothing is loaded, and the source refuses).
  """
  @spec state(keyword) :: state
  def state(options \\ []) do
    case client(options) do
      nil -> :not_ready
      client -> client |> Client.status() |> Status.state()
    end
  end

  @doc "Returns the client's figures now."
  @spec stats(keyword) :: Stats.t()
  def stats(options \\ []) do
    case client(options) do
      nil ->
        %Stats{state: :not_ready, taken: 0, refused: 0, broken: 0, unknown: 0, unreadable: 0, traps: 0, lost: 0}

      client ->
        status = Client.status(client)

        figures =
          for figure <- [:taken, :refused, :broken, :unknown, :unreadable, :traps, :lost],
              do: {figure, Client.figure(client, figure)}

        struct(
          %Stats{state: Status.state(status), info: info(options), age: Status.age(status), last_error: status.error},
          figures
        )
    end
  end

  @doc """
  Sends the calling process `{:gonfalon, client, event}` for each `Gonfalon.StateChanged` and `Gonfalon.FlagsChanged` from now on, until it
  ends or calls `unsubscribe/1`.
  """
  @spec subscribe(keyword) :: :ok
  def subscribe(options \\ []) do
    case client(options) do
      %{admin: %Gonfalon.Test.Writer{}, name: name} ->
        GenServer.call(Gonfalon.Test, {:subscribe, name, Gonfalon.Test.owner_of(name)})

      _ ->
        Store.subscribe(store(options), self())
    end
  end

  @doc "Ends what `subscribe/1` began."
  @spec unsubscribe(keyword) :: :ok
  def unsubscribe(options \\ []) do
    case client(options) do
      %{admin: %Gonfalon.Test.Writer{}, name: name} ->
        GenServer.call(Gonfalon.Test, {:unsubscribe, name, Gonfalon.Test.owner_of(name)})

      _ ->
        Store.unsubscribe(store(options), self())
    end
  end

  @doc """
  Waits until a snapshot of this revision or a later one serves, such as the one that a write was answered with. Returns false if that takes
  longer than `timeout` milliseconds, or the client is closed.
  """
  @spec wait_for(non_neg_integer, timeout, keyword) :: boolean
  def wait_for(revision, timeout \\ :infinity, options \\ []), do: waited(options, {:revision, revision}, timeout)

  @doc "Waits until the client is `:ready`. Returns false if that takes longer than `timeout` milliseconds, or the client is closed."
  @spec wait_ready(timeout, keyword) :: boolean
  def wait_ready(timeout \\ :infinity, options \\ []), do: waited(options, :ready, timeout)

  defp waited(options, what, timeout) do
    case client(options) do
      # A test's changes serve at once.
      %{admin: %Gonfalon.Test.Writer{}} -> true
      _ -> Store.wait(store(options), what, timeout)
    end
  catch
    :exit, _ -> false
  end

  @doc "Reports usage now. Returns false if it couldn't be delivered; it then goes into the next report."
  @spec flush(keyword) :: boolean
  def flush(options \\ []) do
    options |> name() |> Gonfalon.Usage.name() |> GenServer.call(:flush, 15_000)
  catch
    :exit, _ -> false
  end

  @doc "Reports usage and ends the connection. The client keeps answering from its last snapshot, until its supervisor stops it."
  @spec close(keyword) :: :ok
  def close(options \\ []), do: options |> name() |> Gonfalon.Supervisor.close()

  defp told(%{client: name}, event, key, options, result) do
    case Client.find(name) do
      %{telemetry: true} = client ->
        Telemetry.event(client, event, %{flag_name: key, options: told_options(options), result: result})

      _ ->
        :ok
    end

    result
  end

  defp told_options(options),
    do: if(Keyword.keyword?(options), do: Enum.reject(options, &(&1 == {:for, nil})), else: [])

  defp client(options), do: options |> name() |> Client.find()
  defp engine(options), do: options |> client() |> Client.engine()
  defp store(options), do: options |> name() |> Store.name()
  defp name(options), do: Asking.read(options).client
end
