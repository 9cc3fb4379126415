defmodule Gonfalon.Options do
  @moduledoc false
  # A client's options, checked. `Gonfalon.start_link/1` says what each is.

  alias Gonfalon.{Admin, Endpoint, LastGood, Wire}

  @known [
    :name,
    :endpoint,
    :token,
    :admin_token,
    :environment,
    :bootstrap,
    :last_good,
    :file,
    :poll_interval,
    :ready_within,
    :ttl,
    :grace,
    :tls,
    :pace,
    :clock
  ]
  # Milliseconds of a hundred years: as good as for ever, and timers can bear them.
  @for_ever 100 * 365 * 86_400_000
  @pace %{backoff: 500, longest: 30_000, usage: 60_000, farewell: 2000}

  defstruct [:name, :environment, :admin, :bootstrap, :last_good, :source, :ready_within, :ttl, :grace, :pace, :clock]

  def known, do: @known

  @doc "The options with their tokens as functions, which don't show them."
  def hidden(given) do
    if Keyword.keyword?(given) do
      for {name, value} <- given,
          do: {name, if(name in [:token, :admin_token] and is_binary(value), do: fn -> value end, else: value)}
    else
      given
    end
  end

  defp shown(token) when is_function(token, 0), do: token.()
  defp shown(token), do: token

  def read(given) do
    unless Keyword.keyword?(given), do: raise(ArgumentError, "the options are no keyword list")

    for {name, _} <- given,
        name not in @known,
        do: raise(ArgumentError, "there is no option #{inspect(name)}; there are #{inspect(@known)}")

    file = given[:file]
    endpoint = given[:endpoint] || if(file == nil, do: System.get_env("GONFALON_ENDPOINT"))
    endpoint = endpoint && Endpoint.check!(endpoint)
    if endpoint && file, do: raise(ArgumentError, "endpoint and file are two sources; give one")

    unless endpoint || file || given[:bootstrap] || given[:last_good] do
      raise ArgumentError, "nothing to take flags from: give endpoint and token, or file, or bootstrap, or last_good"
    end

    environment = given[:environment] || if(endpoint, do: "default")
    if endpoint, do: Endpoint.check_environment!(to_string(environment))
    token = shown(given[:token]) || System.get_env("GONFALON_TOKEN")

    %__MODULE__{
      name: name(given[:name] || Gonfalon),
      environment: environment && to_string(environment),
      admin:
        endpoint &&
          Admin.new(endpoint, shown(given[:admin_token]) || token || "",
            environment: to_string(environment),
            tls: given[:tls] || []
          ),
      bootstrap: bootstrap(given[:bootstrap]),
      last_good: given[:last_good] && to_string(given[:last_good]),
      source: source(endpoint, token, environment, file, given),
      ready_within: milliseconds(given, :ready_within, 5000),
      ttl: milliseconds(given, :ttl, nil),
      grace: milliseconds(given, :grace, 5000),
      pace: pace(given[:pace] || []),
      clock: given[:clock] || fn -> System.os_time(:microsecond) end
    }
  end

  defp pace(given) do
    for {name, value} <- given,
        not is_map_key(@pace, name) or not (is_integer(value) and value >= 0) or {name, value} == {:usage, 0},
        do:
          raise(
            ArgumentError,
            "pace has #{inspect({name, value})}; its parts are milliseconds, usage above 0: #{inspect(Map.keys(@pace))}"
          )

    Map.merge(@pace, Map.new(given, fn {name, value} -> {name, milliseconds!(name, value)} end))
  end

  defp name(name) when is_atom(name), do: name
  defp name(_), do: raise(ArgumentError, "the name is an atom")

  defp source(nil, _, _, nil, _), do: nil
  defp source(nil, _, _, file, _), do: {:file, to_string(file)}

  defp source(endpoint, token, environment, _, given) do
    unless is_binary(token) and token != "", do: raise(ArgumentError, "endpoint needs a token (or GONFALON_TOKEN)")
    if token =~ ~r/[^\x21-\x7e]/, do: raise(ArgumentError, "the token has white space or control characters in it")

    wire = Wire.new(endpoint, token, to_string(environment), given[:tls] || [])

    case milliseconds(given, :poll_interval, nil) do
      nil -> {:stream, wire}
      0 -> raise ArgumentError, "poll_interval is 0; it must be above 0"
      interval -> {:poll, wire, interval}
    end
  end

  defp bootstrap(nil), do: nil

  defp bootstrap(given) do
    # A snapshot begins with a byte that no path does: an array of four.
    case given do
      <<0x94, _::binary>> ->
        given

      path ->
        case LastGood.read(path) do
          {:ok, data} -> data
          :none -> raise ArgumentError, "the bootstrap #{path} isn't there"
          {:error, reason} -> raise ArgumentError, "the bootstrap can't be read: #{reason}"
        end
    end
  end

  defp milliseconds(given, name, default) do
    with n when n != nil <- Keyword.get(given, name, default), do: milliseconds!(name, n)
  end

  @doc "Milliseconds as timers bear them: more than a hundred years are a hundred years."
  def milliseconds!(_, n) when is_integer(n) and n >= 0, do: min(n, @for_ever)
  def milliseconds!(_, n) when is_float(n) and n >= 0, do: round(min(n, @for_ever))
  def milliseconds!(name, n), do: raise(ArgumentError, "#{name} is #{inspect(n)}; it is a number of milliseconds")
end
