using System;
using System.Collections;
using System.Collections.Generic;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    /// <summary>What is asked, and where: addresses and paths.</summary>
    [Tests]
    internal static class EndpointTests
    {
        public static void AnEndpointIsRefusedInTheWordsOfEveryLanguage()
        {
            foreach (Map one in (IEnumerable)Json.Parse(Tools.Read("hostsdk/testdata/endpoints.json")))
            {
                var options = new Options { Endpoint = (string)one["endpoint"], Token = "token", ReadyWithin = TimeSpan.Zero, Logger = Tools.Silent };
                if (one.TryGetValue("words", out var words))
                    Assert.Equal(words, Assert.Throws<ArgumentException>(() => new Client(options)).Message, options.Endpoint);
                else
                    Assert.Equal(Uri.UriSchemeHttp, Endpoint.Read(options.Endpoint).Scheme.TrimEnd('s'), options.Endpoint);
            }
        }

        public static void AnEnvironmentIsOneSegmentOfThePath()
        {
            foreach (var key in new[] { "", ".", "..", "\ud800" })
                Assert.Equal($"no environment has the key {Log.Quoted(key)}", Assert.Throws<ArgumentException>(() => new Client(Of("http://127.0.0.1:1", key))).Message);
            using (var server = new FakeServer(new byte[0]) { Status = 404 })
                foreach (var key in new[] { "../other", "a/b", "a?b", "a#b", "%2e%2e", "a\\b", "a b", "ä", "...", ".a" })
                    using (new Client(Of(server.Url + "/at/", key)))
                        Assert.Equal($"/at/v1/envs/{Uri.EscapeDataString(key)}/stream", server.Paths.Take());
        }

        private static Options Of(string endpoint, string environment) => new Options { Endpoint = endpoint, Token = "token", Environment = environment, Logger = Tools.Silent };
    }
}
