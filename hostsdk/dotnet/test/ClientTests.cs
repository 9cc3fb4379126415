using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Gonfalon.Testing;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    [Tests]
    internal static class ClientTests
    {
        private static readonly byte[] Lineage = Enumerable.Range(1, 16).Select(i => (byte)i).ToArray();
        private static readonly byte[] One = Snapshot(1, "a", "hero=blue"), Two = Snapshot(2, "b");

        /// <summary>Returns a snapshot of flags that are on, or (hero=blue) serve a variant.</summary>
        private static byte[] Snapshot(long revision, params string[] flags) => Compiler.Compile(
            flags.Select(flag => flag.Split('=')).ToDictionary(p => p[0], p => new TestFlag { On = p.Length == 1, Variant = p.ElementAtOrDefault(1) }),
            revision, "default", Lineage);

        /// <summary>Returns a snapshot of a flag that a group is allowed.</summary>
        internal static byte[] Granting(string flag, string group)
        {
            var granting = new TestFlag();
            granting.Groups[group] = true;
            return Compiler.Compile(new Dictionary<string, TestFlag> { [flag] = granting }, 1, "default", Lineage);
        }

        private static Client Bootstrapped(byte[] data) => new Client(new Options { Bootstrap = data, Logger = Tools.Silent });

        public static void OptionsThatMakeNoSense()
        {
            var wrong = new[]
            {
                new Options(), new Options { Endpoint = "http://x" }, new Options { Endpoint = "ftp://x", Token = "t" }, new Options { Endpoint = "no url", Token = "t" },
                new Options { Endpoint = "http://x", Token = "a\nb" }, new Options { Endpoint = "http://x", Token = "t", File = "f" },
                new Options { File = "f", PollInterval = TimeSpan.Zero }, new Options { File = "f", Pace = null },
                new Options { File = "f", Pace = new Pace { Usage = TimeSpan.Zero } },
            };
            foreach (var options in wrong)
                Assert.Throws<ArgumentException>(() => new Client(options));
            Assert.Equal(2, Assert.Throws<LoadException>(() => Bootstrapped(new byte[] { 1, 2, 3 })).Code);
        }

        public static async Task AChangeArrivesByStream()
        {
            using (var server = new FakeServer(One))
            using (var flags = new Client(Tools.Quick(server.Url)))
            {
                var changed = new List<string>();
                flags.Subscribe(what => changed.AddRange((what as FlagsChanged)?.Flags ?? new string[0]));
                Assert.Equal(new object[] { State.Ready, true, "blue", 1L }, new object[] { flags.State, flags.Enabled("a"), flags.Variant("hero", "u"), flags.Info.Revision });
                server.Publish(Two);
                Assert.True(await flags.WaitFor(2, TimeSpan.FromSeconds(10)));
                Assert.True(flags.Enabled("b"));
                Tools.Until(() => changed.Count > 0);
                Assert.Equal(new[] { "a", "b", "hero" }, changed);
                Assert.Equal(new[] { "b" }, flags.Keys);
                Assert.Equal(Two, flags.Snapshot());
            }
        }

        public static async Task AServerThatIsDownKeepsNoProgramFromStarting()
        {
            string url;
            using (var server = new FakeServer(One))
                url = server.Url;
            var options = Tools.Quick(url);
            options.ReadyWithin = TimeSpan.FromMilliseconds(50);
            using (var flags = new Client(options))
            {
                Assert.Equal(new object[] { true, false, null, State.NotReady }, new object[] { flags.Enabled("a", @default: true), flags.Enabled("a"), flags.Variant("a"), flags.State });
                Assert.False(await flags.WaitReady(TimeSpan.FromMilliseconds(20)));
                Assert.Equal(0, flags.Explain("a").Steps.Count);
                Tools.Until(() => flags.Stats.Lost > 0);
            }
        }

        public static async Task ARefusedTokenIsAnErrorUntilItIsKnown()
        {
            using (var server = new FakeServer(One) { Status = 401 })
            using (var flags = new Client(Tools.Quick(server.Url)))
            {
                Assert.Equal(new object[] { State.Error, "401 No" }, new object[] { flags.State, flags.Stats.LastError });
                server.Status = 200;
                Assert.True(await flags.WaitReady(TimeSpan.FromSeconds(10)));
                Assert.Equal(null, flags.Stats.LastError);
            }
        }

        public static void ALostSourceIsStaleAfterTheGrace()
        {
            var server = new FakeServer(One);
            using (var flags = new Client(Tools.Quick(server.Url)))
            {
                var states = new List<State>();
                flags.Subscribe(what => states.Add(((StateChanged)what).State));
                server.Dispose();
                Tools.Until(() => states.Contains(State.Stale));
                Assert.True(flags.Enabled("a"));
            }
        }

        public static void TheTimeToLiveMakesItStale()
        {
            using (var server = new FakeServer(One))
            {
                var options = Tools.Quick(server.Url);
                options.Ttl = TimeSpan.FromMilliseconds(50);
                options.Grace = TimeSpan.FromMinutes(1);
                using (var flags = new Client(options))
                {
                    var states = new ConcurrentQueue<State>();
                    flags.Subscribe(what => states.Enqueue(((StateChanged)what).State));
                    Tools.Until(() => flags.State == State.Stale); // which may have been told before anybody listened
                    server.Send("event: heartbeat\ndata:\n\n");
                    Tools.Until(() => states.Reverse().Take(2).SequenceEqual(new[] { State.Stale, State.Ready }));
                }
            }
        }

        public static void WhatKilledProcessesHaveLeftIsDeletedAndNothingElse()
        {
            using (var folder = new Folder())
            {
                string being = "flags." + new string('a', 32), killed = "flags." + new string('0', 32);
                foreach (var name in new[] { being, killed, "flags.snapshot", "flags." + new string('x', 32) })
                {
                    File.WriteAllText(folder.File(name), "half");
                    if (name != being)
                        File.SetLastWriteTimeUtc(folder.File(name), DateTime.UtcNow.AddHours(-1));
                }
                SnapshotFile.Write(folder.File("flags"), One);
                var left = Directory.GetFiles(Path.GetDirectoryName(folder.File("flags"))).Select(Path.GetFileName);
                Assert.Equal(4, left.Count());
                Assert.True(left.Contains(being) && !left.Contains(killed));
            }
        }

        public static async Task TheLastGoodSnapshotSurvives()
        {
            using (var folder = new Folder())
            {
                var path = folder.File("deep/flags");
                using (var server = new FakeServer(One))
                {
                    var options = Tools.Quick(server.Url);
                    options.LastGood = path;
                    using (var flags = new Client(options))
                    {
                        server.Publish(Two);
                        await flags.WaitFor(2, TimeSpan.FromSeconds(10));
                    }
                }
                Assert.Equal(Two, File.ReadAllBytes(path));
                Assert.Equal(1, Directory.GetFiles(Path.GetDirectoryName(path)).Length);
                Func<byte[], long> serves = bootstrap =>
                    new Client(new Options { LastGood = path, Bootstrap = bootstrap, Logger = Tools.Silent }).Info.Revision;
                Assert.Equal(2L, serves(One));
                Assert.Equal(3L, serves(Snapshot(3, "a")));
                Assert.Equal(2L, serves(null));
                File.WriteAllBytes(path, Two.Take(Two.Length - 1).ToArray());
                Assert.Equal(1L, serves(One));
            }
        }

        public static async Task AFileIsFollowed()
        {
            using (var folder = new Folder())
            using (var flags = new Client(new Options { File = folder.File("flags"), Grace = TimeSpan.FromMilliseconds(10), Logger = Tools.Silent }))
            {
                Assert.Equal(State.NotReady, flags.State);
                File.WriteAllBytes(folder.File("flags"), One);
                Assert.True(await flags.WaitFor(1, TimeSpan.FromSeconds(10)));
                File.WriteAllText(folder.File("flags"), "nonsense");
                Tools.Until(() => flags.Stats.Refused == 1 && flags.State == State.Stale);
                Assert.False(await flags.WaitReady(TimeSpan.FromSeconds(2)), "what was wrong with the file stays wrong, and it");
                Assert.True(flags.Stats.LastError != null, "what is wrong with it is said");
                File.WriteAllBytes(folder.File("flags"), Two);
                Assert.True(await flags.WaitFor(2, TimeSpan.FromSeconds(10)));
                Assert.Equal(State.Ready, flags.State);
            }
        }

        public static async Task UsageIsReported()
        {
            using (var server = new FakeServer(One))
            {
                using (var flags = new Client(Tools.Quick(server.Url)))
                {
                    for (var i = 0; i < 3; i++)
                        flags.Enabled("a");
                    flags.Decide("hero", "u");
                    flags.DecideAll("u");
                    flags.Enabled("unknown");
                    flags.Explain("a");
                    Assert.True(await flags.Flush());
                    var usage = server.Usage.Take();
                    Assert.Equal(new object[] { "a", 4L, 4L, "hero", 2L, 0L }, usage.SelectMany(p => new[] { p.Key, ((Map)p.Value)["count"], ((Map)p.Value)["on"] }));
                    Assert.True(Regex.IsMatch((string)((Map)usage["a"])["last"], @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"));
                    var host = server.Hosts.Take();
                    Assert.Equal(new object[] { "dotnet", Client.Version, 1L, "stream" }, new[] { host["sdk"], host["version"], host["revision"], host["via"] });
                    flags.Enabled("a");
                    server.UsageStatus = 503;
                    Assert.False(await flags.Flush());
                    server.UsageStatus = 204;
                    flags.Enabled("a");
                }
                Assert.Equal(2L, ((Map)server.Usage.Take()["a"])["count"], "what couldn't be delivered, on close"); // on close
                Tools.Until(() => server.Hosts.Take().ContainsKey("gone"));
            }
        }

        public static void AClientThatIsClosedWhileItsFirstReportIsUnderWaySaysGoodbye()
        {
            foreach (var asked in new[] { false, true })
                using (var server = new FakeServer(One) { UsageTakes = 60000 })
                {
                    var options = Tools.Quick(server.Url);
                    options.Pace.Usage = TimeSpan.FromSeconds(asked ? 3600 : 0.01);
                    var flags = new Client(options);
                    var flushed = asked ? flags.Flush() : null;
                    var first = server.Hosts.Take();
                    server.UsageTakes = 0;
                    var began = System.Diagnostics.Stopwatch.StartNew();
                    flags.Close();
                    Assert.True(began.Elapsed < TimeSpan.FromSeconds(10), $"{began.Elapsed} and less");
                    Assert.Equal(1, server.Hosts.Count, "reports");
                    var last = server.Hosts.Take();
                    Assert.Equal(new[] { false, true, first["id"] }, new[] { first.ContainsKey("gone"), last.ContainsKey("gone"), last["id"] });
                    Assert.False(flushed?.GetAwaiter().GetResult() == true);
                }
        }

        // Another revision serves while the program's own report is under way, which doesn't name it.
        public static async Task WhatComesToServeDuringAReportIsToldAfterIt()
        {
            using (var server = new FakeServer(One) { UsageTakes = 2500 }) // a host tells within two seconds
            using (var flags = new Client(Tools.Quick(server.Url)))
            {
                Assert.True(await flags.Flush());
                server.UsageTakes = 0;
                server.Hosts.Take();
                Assert.True(server.Hosts.TryTake(out _, TimeSpan.FromSeconds(10)), "it is told");
            }
        }

        public static async Task AClientWhoseReportsHaveFailedLeavesInSilence()
        {
            foreach (var status in new[] { 401, 500 })
                using (var server = new FakeServer(One) { UsageStatus = status })
                {
                    using (var flags = new Client(Tools.Quick(server.Url)))
                    {
                        Assert.False(await flags.Flush());
                        server.UsageStatus = 204;
                    }
                    Assert.Equal(0, server.Hosts.Count, "reports");
                }
        }

        public static void TheLastReportTakesNoLongerThanItMay()
        {
            var many = Enumerable.Range(0, 20000).Select(i => "f" + i).ToArray();
            using (var server = new FakeServer(Snapshot(1, many)) { UsageTakes = 700 })
            {
                var options = Tools.Quick(server.Url);
                options.Pace.Farewell = TimeSpan.FromSeconds(1);
                var flags = new Client(options);
                flags.DecideAll("u"); // of which a report takes a thousand
                var began = System.Diagnostics.Stopwatch.StartNew();
                flags.Close();
                Assert.True(began.Elapsed < TimeSpan.FromSeconds(10), $"{began.Elapsed} and less");
            }
        }

        public static void TwoClientsMayShareAHandler()
        {
            using (var server = new FakeServer(One))
            using (var handler = new System.Net.Http.HttpClientHandler())
                for (var i = 0; i < 2; i++)
                {
                    var options = Tools.Quick(server.Url);
                    options.Http = handler;
                    using (var flags = new Client(options))
                        Assert.Equal(State.Ready, flags.State, flags.Stats.LastError ?? "the state");
                }
        }

        public static void AnyTimeMayBeAsLongAsCanBe()
        {
            foreach (var time in new[] { TimeSpan.FromDays(30), TimeSpan.MaxValue })
            {
                var log = new List<string>();
                using (var server = new FakeServer(One))
                using (var flags = new Client(new Options
                {
                    Endpoint = server.Url, Token = "token", PollInterval = time, ReadyWithin = TimeSpan.FromSeconds(10), Ttl = time, Grace = time,
                    Logger = (level, line) => { lock (log) log.Add(line); }, Pace = new Pace { Backoff = time, Longest = time, Usage = time, Farewell = time },
                }))
                {
                    Assert.Equal(State.Ready, flags.State);
                    Assert.True(flags.Flush().GetAwaiter().GetResult());
                    Thread.Sleep(200);
                    Assert.Equal(1, server.Paths.Count(path => path.EndsWith("/snapshot", StringComparison.Ordinal)));
                    Assert.Equal(0L, flags.Stats.Lost);
                }
                lock (log)
                    Assert.False(log.Any(line => line.Contains("for good")), string.Join("\n", log));
            }
        }

        public static void AClosedClientKeepsAnswering()
        {
            using (var server = new FakeServer(One))
            {
                var flags = new Client(Tools.Quick(server.Url));
                var waiting = flags.WaitFor(99);
                flags.Close();
                Assert.False(waiting.GetAwaiter().GetResult());
                Assert.True(flags.Enabled("a"));
                flags.Close();
            }
        }

        public static void TheTokenIsNeverPrinted()
        {
            var log = new List<string>();
            using (var server = new FakeServer(One))
            {
                var options = Tools.Quick(server.Url);
                options.Token = "gfn_sdk_hush";
                options.Logger = (level, message) => { lock (log) log.Add(message); };
                using (var flags = new Client(options))
                    Assert.False(string.Concat(log) .Contains("hush") || flags.ToString().Contains("hush") || flags.Stats.LastError.Contains("hush"));
            }
            var error = Assert.Throws<ArgumentException>(() => new Client("http://x", "hush\n"));
            Assert.False(error.Message.Contains("hush"));
        }

        public static void AScheduleTellsWhenItOpens()
        {
            var opens = Engine.Now + 3000000;
            var data = Compiler.Compile(new Dictionary<string, TestFlag> { ["timed"] = new TestFlag { Windows = new[] { opens, long.MaxValue } }, ["other"] = new TestFlag() });
            using (var flags = Bootstrapped(data))
            {
                IReadOnlyList<string> changed = null;
                flags.Subscribe(what => changed = (what as FlagsChanged)?.Flags);
                Assert.False(flags.Enabled("timed"));
                Tools.Until(() => changed != null);
                Assert.Equal(new[] { "timed" }, changed);
                Assert.True(flags.Enabled("timed"));
            }
        }

        public static void ThreadsDecideWhileSnapshotsComeAndGo()
        {
            var flags = new TestFlags(logger: Tools.Silent);
            flags.Serve("hero", "blue");
            var busy = true;
            var wrong = 0;
            var threads = Enumerable.Range(0, 6).Select(_ => new Thread(() =>
            {
                while (Volatile.Read(ref busy))
                    if (flags.Variant("hero", "u") != "blue" || flags.DecideAll("u").Count == 0)
                        Interlocked.Increment(ref wrong);
            })).ToArray();
            foreach (var thread in threads)
                thread.Start();
            for (var i = 0; i < 200; i++)
                flags.Enable("flag" + i % 10);
            Volatile.Write(ref busy, false);
            foreach (var thread in threads)
                thread.Join();
            Assert.Equal(0, wrong);
            Assert.Equal(0L, flags.Stats.Broken);
        }

        public static void ABatchOfMoreThanACallTakes()
        {
            var many = Enumerable.Range(0, 2500).Select(i => $"f{i:D4}").ToArray();
            using (var flags = Bootstrapped(Snapshot(1, many)))
            {
                Assert.Equal(many, flags.DecideAll("u").Where(decision => decision.Enabled).Select(decision => decision.Key));
                Assert.Equal(new[] { true, false }, flags.DecideAll("u", new[] { "f0001", "none" }).Select(decision => decision.Enabled));
                Assert.Equal(1L, flags.Stats.Unknown);
            }
        }

        public static void AllQuestionsSurviveWhateverIsHandedIn()
        {
            var flags = new TestFlags(logger: Tools.Silent);
            flags.Enable("grouped", forGroup: "staff");
            Func<string, bool> throws = name => throw new InvalidOperationException();
            var odd = new object[] { null, true, 1.5, double.NaN, decimal.MaxValue, "\ud800", new object[0], new byte[1], new object(), new Map(), throws, new Context("u"), typeof(int), 'x', DateTime.Now };
            foreach (var one in odd)
            foreach (var two in odd)
            {
                var attributes = new Map { ["a"] = one, ["b"] = new[] { one, two } };
                flags.Enabled("grouped", one, two, attributes);
                flags.Decide(one as string, two, one, attributes);
                flags.Explain("grouped", one, two, attributes);
                flags.DecideAll(one, new[] { two as string, "grouped" }, two, attributes);
            }
            Assert.True(flags.Enabled("grouped", "u", throws, @default: true));
            Assert.True(flags.Enabled(null, "u", @default: true));
            Assert.True(flags.Enabled("grouped", "u", Enumerable.Range(0, 5000).Select(i => "g" + i).Concat(new[] { "staff" })));
            Assert.True(flags.Enabled("grouped", "u", "staff", Enumerable.Range(0, 1000).ToDictionary(i => "a" + i, i => (object)i)));
            Assert.Equal(28946 / 65536.0, Scores.Score("hero", "user:3"), "the score of wasm/ABI.md");
        }

        public static void TestFlagsAreUndone()
        {
            var flags = new TestFlags(Snapshot(1, "based", "other"), Tools.Silent);
            flags.Disable("other");
            Assert.Equal(new[] { "based", "other" }, flags.Keys);
            Assert.Equal(new[] { true, false }, flags.DecideAll().Select(decision => decision.Enabled));
            using (flags.Kill("other"))
                Assert.True(flags.Decide("other").Killed);
            Assert.False(flags.Decide("other").Killed);
            flags.Enable("a", forActor: "user:1");
            Assert.Equal(new[] { true, false }, new[] { flags.Enabled("a", "user:1"), flags.Enabled("a", "user:2") });
            flags.Serve("hero", "blue", new Map { ["n"] = 1.5 });
            Assert.Equal(1.5, flags.PayloadObject("hero", null, "u")["n"]);
            flags.Enable("half", forPercentageOfActors: 0.5);
            flags.Enable("child", requires: "half");
            flags.Enable("child");
            Assert.Equal(Scores.Score("half", "user:1") < 0.5, flags.Enabled("child", "user:1"));
            Assert.Throws<ArgumentException>(() => flags.Enable("a", forActor: "x", forGroup: "y"));
            Assert.Throws<ArgumentException>(() => flags.Kill("a", servingVariant: true));
            Assert.Throws<LoadException>(() => flags.Enable(new string('k', 2000))); // no flag has this key
            flags.Enable("late");
            Assert.True(flags.Enabled("late"));
            flags.Unload();
            Assert.True(flags.Enabled("a", @default: true));
            flags.Clear();
            Assert.False(flags.Enabled("a", "user:1"));
        }

        public static void MemoryStaysWhenSnapshotsComeAndGo()
        {
            var flags = new TestFlags(logger: Tools.Silent);
            for (var i = 0; i < 100; i++)
                flags.Enable("f" + i % 3);
            var before = Resident();
            for (var i = 0; i < 400; i++)
                flags.Enable("f" + i % 3);
            Assert.True(Resident() - before < 64, "that memory stays");
        }

        public static async Task ARealServer()
        {
            const string token = "an-admin-token-for-tests";
            Environment.SetEnvironmentVariable("GONFALON_ADMIN_TOKEN", token);
            using (var process = Tools.Start(Tools.Gonfalon, "serve --in-memory --listen 127.0.0.1:0 --log-level error"))
                try
                {
                    string url;
                    do
                        url = Regex.Match(process.StandardOutput.ReadLine() ?? throw new Failure("gonfalon ended"), @"(http://[^/\s]+)/v1").Groups[1].Value;
                    while (url.Length == 0);
                    GC.KeepAlive(process.StandardOutput.ReadToEndAsync()); // so that it never waits for a reader
                    using (var flags = new Client(new Options { Endpoint = url, Token = token, Logger = Tools.Silent }))
                    {
                        Assert.False(flags.Enabled("from_dotnet"));
                        Assert.True(await flags.WaitFor(Enable(url, token, "from_dotnet"), TimeSpan.FromSeconds(10)));
                        Assert.True(flags.Enabled("from_dotnet"), flags.Stats.LastError ?? "from_dotnet");
                        Assert.True(await flags.Flush());
                    }
                }
                finally
                {
                    process.Kill();
                }
        }

        private static long Enable(string url, string token, string key)
        {
            using (var client = new System.Net.WebClient())
            {
                client.Headers["Authorization"] = "Bearer " + token;
                client.Headers["Content-Type"] = "application/json";
                return (long)((Map)Json.Parse(client.UploadString($"{url}/v1/envs/default/flags/{key}/enable", "{}")))["revision"];
            }
        }

        private static long Resident()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var line = File.ReadAllLines("/proc/self/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
            return long.Parse(new string(line.Where(char.IsDigit).ToArray())) / 1024;
        }
    }
}
