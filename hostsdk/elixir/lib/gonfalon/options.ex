defmodule Gonfalon.Options do
  @moduledoc false
  # A client's options, checked. `Gonfalon.start_link/1` says what each is.

  alias Gonfalon.{Admin, LastGood, Wire}

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
  @pace %{backoff: 500, longest: 30_000, usage: 60_000, farewell: 2000}

  defstruct [:name, :environment, :admin, :bootstrap, :last_good, :source, :ready_within, :ttl, :grace, :pace, :clock]

  def known, do: @known

  def read(given) do
    unless Keyword.keyword?(given), do: raise(ArgumentError, "the options are no keyword list")

    for {name, _} <- given,
        name not in @known,
        do: raise(ArgumentError, "there is no option #{inspect(name)}; there are #{inspect(@known)}")

    file = given[:file]
    endpoint = given[:endpoint] || if(file == nil, do: System.get_env("GONFALON_ENDPOINT"))
    if endpoint && file, do: raise(ArgumentError, "endpoint and file are two sources; give one")

    unless endpoint || file || given[:bootstrap] || given[:last_good] do
      raise ArgumentError, "nothing to take flags from: give endpoint and token, or file, or bootstrap, or last_good"
    end

    environment = given[:environment] || if(endpoint, do: "default")
    token = given[:token] || System.get_env("GONFALON_TOKEN")

    %__MODULE__{
      name: name(given[:name] || Gonfalon),
      environment: environment && to_string(environment),
      admin:
        endpoint &&
          Admin.new(to_string(endpoint), given[:admin_token] || token || "",
            environment: to_string(environment),
            tls: given[:tls] || []
          ),
      bootstrap: bootstrap(given[:bootstrap]),
      last_good: given[:last_good] && to_string(given[:last_good]),
      source: source(endpoint, token, environment, file, given),
      ready_within: milliseconds(given, :ready_within, 5000),
      ttl: milliseconds(given, :ttl, nil),
      grace: milliseconds(given, :grace, 5000),
      pace: Map.merge(@pace, Map.new(given[:pace] || [])),
      clock: given[:clock] || fn -> System.os_time(:microsecond) end
    }
  end

  defp name(name) when is_atom(name), do: name
  defp name(_), do: raise(ArgumentError, "the name is an atom")

  defp source(nil, _, _, nil, _), do: nil
  defp source(nil, _, _, file, _), do: {:file, to_string(file)}

  defp source(endpoint, token, environment, _, given) do
    unless is_binary(token) and token != "", do: raise(ArgumentError, "endpoint needs a token (or GONFALON_TOKEN)")
    if token =~ ~r/[^\x21-\x7e]/, do: raise(ArgumentError, "the token has white space or control characters in it")

    case URI.parse(to_string(endpoint)) do
      %{scheme: scheme, host: host, userinfo: nil, query: nil, fragment: nil}
      when scheme in ["http", "https"] and host not in [nil, ""] ->
        :ok

      _ ->
        raise ArgumentError, "endpoint is not an http or https URL"
    end

    wire = Wire.new(to_string(endpoint), token, to_string(environment), given[:tls] || [])

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
    case Keyword.get(given, name, default) do
      n when n == nil or (is_integer(n) and n >= 0) -> n
      n when is_float(n) and n >= 0 -> round(n)
      n -> raise ArgumentError, "#{name} is #{inspect(n)}; it is a number of milliseconds"
    end
  end
end
