using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Gonfalon
{
    /// <summary>The address of a server, checked before anything is asked there. The words are every SDK's, and don't
    /// repeat the address, since it may have a secret in it. The cases are in
    /// hostsdk/testdata/endpoints.json.</summary>
    internal static class Endpoint
    {
        private static readonly Regex Url = new Regex(@"\A(?i:https?)://([^/?#]*)[^?#]*(.*)\z", RegexOptions.CultureInvariant);
        private static readonly Regex Authority = new Regex(@"\A(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(.*))?\z", RegexOptions.CultureInvariant);

        /// <summary>Returns an endpoint as an address. Throws ArgumentException if it can't be one.</summary>
        internal static Uri Read(string endpoint)
        {
            var wrong = Wrong(endpoint);
            if (wrong != null)
                throw new ArgumentException(wrong);
            // Such as the host 1:2:3.
            return Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Host.Length > 0 ? uri : throw new ArgumentException("the endpoint has no host");
        }

        /// <summary>Returns an environment's key as one segment of a path. Throws ArgumentException if it would lead to
        /// another path.</summary>
        internal static string Segment(string environment)
        {
            try
            {
                if (environment != "" && environment != "." && environment != "..")
                    return Uri.EscapeDataString(environment);
            }
            catch (UriFormatException)
            {
                // It is no text.
            }
            throw new ArgumentException($"no environment has the key {Log.Quoted(environment)}");
        }

        private static string Wrong(string endpoint)
        {
            if (!endpoint.All(sign => sign > ' ' && sign < '\u007f' && sign != '\\'))
                return "the endpoint has a character that no URL has";
            var url = Url.Match(endpoint);
            if (!url.Success)
                return "the endpoint is not an http or https URL";
            if (url.Groups[1].Value.Contains("@"))
                return "the endpoint has a user in it";
            if (url.Groups[2].Length > 0)
                return "the endpoint has a query or a fragment";
            var authority = Authority.Match(url.Groups[1].Value);
            if (!authority.Success)
                return "the endpoint has no host";
            return authority.Groups[1].Success && !IsPort(authority.Groups[2].Value) ? "the endpoint has a port that is not in 1 to 65535" : null;
        }

        private static bool IsPort(string text) =>
            text.Length <= 5 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port >= 1 && port <= 65535;
    }
}
