# frozen_string_literal: true

require "uri"

module Gonfalon
  # The address of a server, checked before anything is asked there. The words are every SDK's, and don't repeat the address, since it
  # may have a secret in it. The cases are in hostsdk/testdata/endpoints.json.
  module Endpoint
    URL = %r{\Ahttps?://([^/?#]*)[^?#]*(.*)\z}i
    AUTHORITY = /\A(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:.*)?\z/
    private_constant :URL, :AUTHORITY

    module_function

    # Returns an endpoint. Raises ArgumentError if it can't be one.
    def check(endpoint)
      wrong = wrong(endpoint)
      raise ArgumentError, "the endpoint #{wrong}" if wrong

      endpoint
    end

    # Raises ArgumentError if an environment's key would lead a request to another path. What else is no key is escaped.
    def check_environment(key)
      raise ArgumentError, %(no environment has the key "#{key}") if ["", ".", ".."].include?(key)
    end

    def wrong(endpoint)
      return "has a character that no URL has" unless endpoint.b.match?(/\A[!-\[\]-~]*\z/n)
      return "is not an http or https URL" unless (url = URL.match(endpoint))
      return "has a user in it" if url[1].include?("@")
      return "has a query or a fragment" unless url[2].empty?
      return "has no host" unless (authority = AUTHORITY.match(url[1]))

      port = authority[1]
      return "has a port that is not in 1 to 65535" unless port.nil? || (port.match?(/\A:[0-9]{1,5}\z/) && port[1..].to_i.between?(1, 65_535))

      URI.parse(endpoint) && nil
    rescue URI::Error
      "has no host"
    end
    private_class_method :wrong
  end
  private_constant :Endpoint
end
