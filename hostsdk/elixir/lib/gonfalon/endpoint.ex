defmodule Gonfalon.Endpoint do
  @moduledoc false
  # The address of a server, checked before anything is asked there. The words are every SDK's, and don't repeat the address, since it may
  # have a secret in it. The cases are in hostsdk/testdata/endpoints.json.

  @doc "Returns the endpoint as a string. Raises ArgumentError if it can't be one."
  @spec check!(term) :: String.t()
  def check!(endpoint) do
    endpoint = if is_list(endpoint) or is_binary(endpoint), do: endpoint, else: to_string(endpoint)
    endpoint = if is_list(endpoint), do: List.to_string(endpoint), else: endpoint

    with nil <- unless(endpoint =~ ~r/\A[!-\[\]-~]*\z/, do: "has a character that no URL has"),
         [authority, rest] <-
           Regex.run(~r/\Ahttps?:\/\/([^\/?#]*)[^?#]*(.*)\z/i, endpoint, capture: :all_but_first) ||
             "is not an http or https URL",
         nil <- if(String.contains?(authority, "@"), do: "has a user in it"),
         nil <- if(rest != "", do: "has a query or a fragment"),
         parts when is_list(parts) <-
           Regex.run(~r/\A(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:.*)?\z/, authority) || "has no host",
         true <- port?(Enum.at(parts, 1)) || "has a port that is not in 1 to 65535" do
      endpoint
    else
      what -> raise ArgumentError, "the endpoint #{what}"
    end
  end

  @doc "Raises ArgumentError if an environment's key would lead a request to another path. What else is no key is escaped."
  @spec check_environment!(String.t()) :: String.t()
  def check_environment!(key) when key in ["", ".", ".."],
    do: raise(ArgumentError, ~s(no environment has the key "#{key}"))

  def check_environment!(key), do: key

  defp port?(nil), do: true
  defp port?(":" <> port), do: port =~ ~r/\A[0-9]{1,5}\z/ and String.to_integer(port) in 1..65_535
end
