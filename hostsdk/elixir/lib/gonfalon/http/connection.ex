defmodule Gonfalon.HTTP.Connection do
  @moduledoc false
  # A connection to a server, by TCP or TLS, whose certificate is verified. The process that opened it owns it.

  @connect 10_000
  @send 10_000
  @options [
    :binary,
    active: false,
    packet: :raw,
    nodelay: true,
    send_timeout: @send,
    send_timeout_close: true,
    buffer: 65_536
  ]

  @type t :: {:gen_tcp | :ssl, term}

  @spec open(URI.t(), keyword, timeout) :: {:ok, t} | {:error, String.t()}
  def open(%URI{scheme: scheme, host: host, port: port}, tls, within)
      when scheme in ["http", "https"] and is_binary(host) do
    within = min(within, @connect)

    {module, connect} =
      if scheme == "https",
        do: {:ssl, &:ssl.connect(&1, port, [&2 | @options] ++ secured(tls), within)},
        else: {:gen_tcp, &:gen_tcp.connect(&1, port, [&2 | @options], within)}

    case connected(address(host), connect) do
      {:ok, socket} -> {:ok, {module, socket}}
      {:error, reason} -> {:error, "the server can't be reached: #{said(reason)}"}
    end
  end

  def open(_, _, _), do: {:error, "an address that is neither http nor https"}

  # A number, or a name that may have addresses of both kinds.
  defp address(host) do
    case host |> String.to_charlist() |> :inet.parse_address() do
      {:ok, address} -> address
      {:error, _} -> String.to_charlist(host)
    end
  end

  defp connected(address, connect) when tuple_size(address) == 8, do: connect.(address, :inet6)
  defp connected(address, connect) when is_tuple(address), do: connect.(address, :inet)

  defp connected(name, connect) do
    with {:error, reason} when reason in [:nxdomain, :econnrefused, :ehostunreach, :enetunreach] <-
           connect.(name, :inet),
         {:error, other} <- connect.(name, :inet6) do
      {:error, if(other in [:nxdomain, :eafnosupport], do: reason, else: other)}
    end
  end

  @spec send(t, iodata) :: :ok | {:error, String.t()}
  def send({module, socket}, data) do
    with {:error, reason} <- module.send(socket, data), do: {:error, "the connection was lost: #{said(reason)}"}
  end

  @doc "Some bytes, as soon as there are any."
  @spec receive(t, timeout) :: {:ok, binary} | :closed | {:error, String.t()}
  def receive({module, socket}, within) do
    case module.recv(socket, 0, within) do
      {:ok, data} -> {:ok, data}
      {:error, :timeout} -> {:error, "nothing came in time"}
      {:error, reason} -> {:error, "the connection was lost: #{said(reason)}"}
    end
  end

  def close({module, socket}), do: module.close(socket)

  @doc "The host and port of an address, as the header Host has them."
  def authority(%URI{host: host, port: port, scheme: scheme}) do
    host = if String.contains?(host, ":"), do: "[#{host}]", else: host
    if port == URI.default_port(scheme), do: host, else: "#{host}:#{port}"
  end

  defp secured(given) do
    defaults = [
      verify: :verify_peer,
      depth: 10,
      customize_hostname_check: [match_fun: :public_key.pkix_verify_hostname_match_fun(:https)]
    ]

    authorities =
      if Keyword.has_key?(given, :cacertfile) or Keyword.has_key?(given, :cacerts),
        do: [],
        else: [cacerts: authorities()]

    defaults |> Keyword.merge(authorities) |> Keyword.merge(given)
  end

  # A machine without authorities of its own trusts nobody.
  defp authorities do
    :public_key.cacerts_get()
  rescue
    _ -> []
  end

  # Why, in a few words: a whole reason names options and may be long.
  defp said({:tls_alert, {alert, _}}), do: "TLS: #{alert |> to_string() |> String.replace("_", " ")}"
  defp said(:closed), do: "it was closed"
  defp said(:nxdomain), do: "there is no such host"
  defp said({:options, _}), do: "the TLS options can't be used"
  defp said(reason) when is_atom(reason), do: reason |> :inet.format_error() |> to_string()
  defp said(_), do: "TLS failed"
end
