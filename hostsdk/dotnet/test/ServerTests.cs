using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Security.X509;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    /// <summary>Recorded sessions, and servers that misbehave, as hostsdk/contract plays them.</summary>
    [Tests]
    internal static class ServerTests
    {
        // What mono's own HTTP stack doesn't bound, or not so soon.
        private static readonly string[] NotUnderMono = { };

        public static Cases Sessions
        {
            get
            {
                var cases = new Cases();
                foreach (var file in Directory.GetFiles(Path.Combine(Tools.Tree, "hostsdk/testdata/sessions"), "*.json").OrderBy(f => f))
                    cases.Add("session " + Path.GetFileNameWithoutExtension(file), () => Replay(file));
                return cases;
            }
        }

        public static Cases Hostile
        {
            get
            {
                var cases = new Cases();
                foreach (Map given in (List<object>)Json.Parse(Tools.Output(Tools.Contract, "hostile")))
                foreach (string source in (List<object>)given["sources"])
                    if (!NotUnderMono.Contains((string)given["name"]))
                        cases.Add($"hostile {given["name"]} {source}", () => Meet(given, source));
                return cases;
            }
        }

        private static void Replay(string file)
        {
            var session = (Map)Json.Parse(File.ReadAllText(file));
            using (var server = new ContractServer("replay " + file))
            {
                var options = Tools.Quick(server.Url);
                options.Grace = TimeSpan.FromSeconds(5); // what the sessions rest on
                options.ReadyWithin = TimeSpan.Zero;
                options.Bootstrap = session.TryGetValue("bootstrap", out var bootstrap) ? Convert.FromBase64String((string)bootstrap) : null;
                using (var flags = new Client(options))
                {
                    var changes = new Queue<FlagsChanged>();
                    flags.Subscribe(what =>
                    {
                        lock (changes)
                            if (what is FlagsChanged changed)
                                changes.Enqueue(changed);
                    });
                    for (Map step; !(step = (Map)Json.Parse(server.Ask("POST", "/replay/next"))).ContainsKey("end");)
                        if (step.TryGetValue("changed", out var keys))
                            Assert.Equal(keys, Next(changes).Flags, "changed");
                        else
                            Expect((Map)step["expect"], flags);
                }
            }
        }

        private static FlagsChanged Next(Queue<FlagsChanged> changes)
        {
            FlagsChanged next = null;
            Tools.Until(() =>
            {
                lock (changes)
                    next = changes.Count > 0 ? changes.Dequeue() : null;
                return next != null;
            });
            return next;
        }

        private static void Expect(Map expected, Client flags)
        {
            Func<string, object> of = name => expected.TryGetValue(name, out var value) ? value : null;
            var wanted = Assert.Shown(new[] { of("lineage"), of("revision"), of("refused"), of("state") });
            Func<string> found = () => Assert.Shown(new object[] { flags.Info?.Lineage, flags.Info?.Revision, flags.Stats.Refused, Words.Of(flags.State) });
            Tools.Until(() => found() == wanted, 10, () => $"{found()}, wanted {wanted}, {flags.Stats.LastError}");
            foreach (Map question in (List<object>)of("decisions") ?? new List<object>())
            {
                Func<string, object> asked = name => question.TryGetValue(name, out var value) ? value : null;
                var decision = flags.Decide((string)asked("flag"), asked("actor"), asked("groups"), (Map)asked("attributes"), (long)asked("now"),
                    ulong.Parse((string)asked("roll")));
                var resolved = Resolution.Of(decision);
                Assert.Equal(new[] { asked("enabled"), asked("variant"), asked("value"), asked("reason"), asked("error") },
                    new[] { decision.Enabled, decision.Variant, resolved.Value, resolved.Reason, resolved.Error }, decision.Key);
            }
        }

        private static void Meet(Map given, string source)
        {
            using (var folder = new Folder())
            {
                var authority = folder.File("CA.pem");
                using (var server = new ContractServer($"hostile {given["name"]} {authority}"))
                using (File.Exists(authority) && ((string)given["about"]).Contains("The client trusts") ? new Trust(authority) : null)
                {
                    var before = Memory();
                    var options = Tools.Quick(server.Url);
                    options.ReadyWithin = TimeSpan.Zero;
                    options.PollInterval = source == "poll" ? TimeSpan.FromMilliseconds(50) : (TimeSpan?)null;
                    using (var flags = new Client(options))
                        Follow(flags, given, server);
                    var grown = Memory() - before;
                    Assert.True(grown < (long)given["memory_mb"], $"that it grew by {grown} MB");
                }
            }
        }

        private static void Follow(Client flags, Map given, ContractServer server)
        {
            var states = ((List<object>)given["states"]).Cast<string>().ToArray();
            var began = DateTime.UtcNow;
            // A client that starts NOT_READY has met the server once it has failed, or hangs for longer than that
            // takes.
            Func<bool> met = () => !states.Contains("NOT_READY") || flags.Stats.Lost > 0 || flags.State == State.Error || DateTime.UtcNow - began > TimeSpan.FromSeconds(2);
            Func<string> about = () => $"{Words.Of(flags.State)} {flags.Stats.LastError}";
            Tools.Until(() => states.Contains(Words.Of(flags.State)) && met(), (long)given["within_seconds"], about);
            // One that polls where no stream can be had is STALE now and then.
            Assert.Equal(new[] { State.Ready, State.Stale }.Contains(flags.State), flags.Enabled("a"), "a");
            if (!server.Url.StartsWith("https", StringComparison.Ordinal))
                server.Ask("POST", "/hostile/check");
            if ((long)given["mended_within_seconds"] == 0)
                return;
            server.Ask("POST", "/hostile/mend");
            if (about().Contains("429")) // a server that asked to be left alone for minutes is left alone
                return;
            Tools.Until(() => flags.State == State.Ready, 15, about);
            Assert.True(flags.Enabled("a"), "a");
        }

        private static long Memory()
        {
            GC.Collect();
            var line = File.ReadAllLines("/proc/self/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
            return long.Parse(new string(line.Where(char.IsDigit).ToArray())) / 1024;
        }

        /// <summary>Trusts an authority until it is disposed.</summary>
        private sealed class Trust : IDisposable
        {
            private readonly X509Store _store = X509StoreManager.NewCurrentUser.TrustedRoot;
            private readonly X509Certificate _authority;

            internal Trust(string path)
            {
                _authority = new X509Certificate(new System.Security.Cryptography.X509Certificates.X509Certificate(path).GetRawCertData());
                _store.Import(_authority);
            }

            public void Dispose() => _store.Remove(_authority);
        }
    }
}
