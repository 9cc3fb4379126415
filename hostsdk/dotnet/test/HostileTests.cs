using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Threading;
using Gonfalon.Testing;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    /// <summary>Whatever a program or a server hands in, calls end soon, take little memory, throw nothing, and show no
    /// token.</summary>
    [Tests]
    internal static class HostileTests
    {
        private const string Token = "gfn_sdk_hushhush/42";
        private static readonly byte[] One = ClientTests.Granting("a", "staff");

        /// <summary>Fails if an action takes longer than this.</summary>
        private static void Soon(string what, double seconds, Action action)
        {
            Exception thrown = null;
            var thread = new Thread(() =>
            {
                try
                {
                    action();
                }
                catch (Exception error)
                {
                    thrown = error;
                }
            }) { IsBackground = true };
            thread.Start();
            Assert.True(thread.Join(TimeSpan.FromSeconds(seconds)), what + ": it ends");
            if (thrown != null)
                throw new Failure($"{what}: {(thrown is Failure ? thrown.Message : thrown.ToString())}");
        }

        public static void ASnapshotIsRefusedInTheEnginesWords()
        {
            var codes = ((IEnumerable)Json.Parse(Tools.Read("hostsdk/testdata/load-codes.json"))).Cast<Map>().ToArray();
            Assert.Equal(codes.Length + 1, LoadException.Codes.Length); // 0 is none
            foreach (var one in codes)
                Assert.Equal($"{one["words"]} (code {one["code"]}) at byte 7", new LoadException((int)(long)one["code"], 7).Message);
        }

        private static Dictionary<string, string> Paths(Folder folder)
        {
            Tools.Output("mkfifo", folder.File("pipe"));
            Directory.CreateDirectory(folder.File("folder"));
            Tools.Output("ln", $"-s {folder.File("pipe")} {folder.File("link")}");
            Tools.Output("ln", $"-s {folder.File("none")} {folder.File("dangling")}");
            File.WriteAllText(folder.File("file"), "x");
            return new Dictionary<string, string>
            {
                ["a pipe"] = folder.File("pipe"), ["a folder"] = folder.File("folder"), ["a link to a pipe"] = folder.File("link"),
                ["a link to nothing"] = folder.File("dangling"), ["below a file"] = folder.File("file/flags"), ["a device"] = "/dev/zero",
                ["a NUL"] = folder.Path + "/a\0b", ["nothing"] = "", ["a long name"] = folder.File(new string('a', 5000)),
            };
        }

        public static void AnyPathLetsTheClientStart()
        {
            using (var folder = new Folder())
                foreach (var path in Paths(folder))
                    Soon(path.Key, 20, () =>
                    {
                        using (var flags = new Client(new Options { LastGood = path.Value, Bootstrap = One, Logger = Tools.Silent }))
                            Assert.True(flags.Enabled("a", "u", "staff"), path.Key);
                        using (var flags = new Client(new Options { File = path.Value, ReadyWithin = TimeSpan.FromSeconds(1), Logger = Tools.Silent }))
                            Assert.False(flags.Enabled("a", "u", "staff"), path.Key);
                    });
        }

        public static void WhatIsNoRegularFileIsNotReplaced()
        {
            using (var folder = new Folder())
            {
                Func<string> looks = () => Tools.Output("find", $"{folder.Path} -not -name . -not -type f -printf \"%p %y %i\\n\"");
                var paths = Paths(folder).Where(path => path.Value.StartsWith(folder.Path, StringComparison.Ordinal)).ToArray();
                var before = looks();
                foreach (var path in paths)
                    Soon(path.Key, 20, () =>
                    {
                        var log = new List<string>();
                        var status = new Status(new Log((level, line) => log.Add(line)));
                        var store = new Store(null, status, new Log((level, line) => log.Add(line)), path.Value);
                        store.TakeSnapshot(One);
                        Assert.True(log.Any(line => line.Contains("last good") || line.Contains("LastGood")), path.Key);
                    });
                Assert.Equal(before, looks());
                foreach (var empty in new[] { true, false })
                {
                    File.WriteAllText(folder.File("kept"), empty ? "" : "x");
                    SnapshotFile.Write(folder.File("kept"), One);
                    Assert.Equal(One, File.ReadAllBytes(folder.File("kept")));
                }
            }
        }

        private sealed class Lying : IList, IDictionary, IEnumerable<KeyValuePair<string, object>>
        {
            private readonly Func<int> _count;
            private readonly Func<IEnumerable> _items;

            internal Lying(Func<int> count, Func<IEnumerable> items)
            {
                _count = count;
                _items = items;
            }

            public int Count => _count();
            public IEnumerator GetEnumerator() => _items().GetEnumerator();
            IEnumerator<KeyValuePair<string, object>> IEnumerable<KeyValuePair<string, object>>.GetEnumerator() =>
                _items().Cast<object>().Select(item => new KeyValuePair<string, object>(item as string, item)).GetEnumerator();
            IDictionaryEnumerator IDictionary.GetEnumerator() => throw new InvalidOperationException();
            public object this[int index] { get => 1; set { } }
            public object this[object key] { get => 1; set { } }
            public bool IsReadOnly => true;
            public bool IsFixedSize => true;
            public object SyncRoot => this;
            public bool IsSynchronized => false;
            public ICollection Keys => null;
            public ICollection Values => null;
            public int Add(object value) => 0;
            public void Add(object key, object value) { }
            public void Clear() { }
            public bool Contains(object value) => false;
            public int IndexOf(object value) => 0;
            public void Insert(int index, object value) { }
            public void Remove(object value) { }
            public void RemoveAt(int index) { }
            public void CopyTo(Array array, int index) { }
        }

        private sealed class LyingList : ArrayList
        {
            private readonly int _count;
            private readonly IEnumerable _items;

            internal LyingList(int count, IEnumerable items)
            {
                _count = count;
                _items = items;
            }

            public override int Count => _count;
            public override IEnumerator GetEnumerator() => _items.GetEnumerator();
        }

        private sealed class LyingTable : Hashtable
        {
            public override int Count => int.MaxValue;
        }

        private static IEnumerable<T> Endless<T>(T item)
        {
            while (true)
                yield return item;
        }

        private static IEnumerable Throwing()
        {
            yield return "x";
            throw new OutOfMemoryException();
        }

        private static Dictionary<string, object> Values()
        {
            var itself = new List<object>();
            for (var i = 0; i < 10; i++)
                itself.Add(itself);
            return new Dictionary<string, object>
            {
                ["a list in itself"] = itself, ["a count below 0"] = new LyingList(-1, new[] { 1 }), ["a count of 2^31 - 1"] = new LyingList(int.MaxValue, new[] { 1 }),
                ["a list without an end"] = new LyingList(1, Endless<object>("x")), ["a list that throws"] = new LyingList(1, Throwing()),
                ["a table of 2^31 - 1"] = new LyingTable(), ["a map without an end"] = new Lying(() => -1, () => Endless("x")),
                ["a map of null"] = new Lying(() => 1, () => new object[] { null }), ["a map that throws"] = new Lying(() => throw new InvalidOperationException(), Throwing),
                ["a million"] = Enumerable.Repeat((object)"one", 1000000).ToList(), ["an array of a million"] = new int[1000000],
                ["a long text many times"] = Enumerable.Repeat((object)new string('x', 1 << 20), 50000).ToList(),
                ["a text of 64 MB"] = new string('x', 64 << 20), ["an array of 2 dimensions"] = new int[2, 2], ["a sequence"] = Endless("x"),
            };
        }

        public static Cases AnyValue
        {
            get
            {
                var cases = new Cases();
                foreach (var value in Values())
                    cases.Add(value.Key, () =>
                    {
                        var flags = new TestFlags(One, Tools.Silent);
                        Soon(value.Key, 5, () => Ask(flags, "u", null, new Map { ["age"] = value.Value }));
                        Soon(value.Key + " as the actor", 5, () => Ask(flags, value.Value, null, null));
                        Soon(value.Key + " as the groups", 5, () => Ask(flags, "u", value.Value, null));
                        if (value.Value is IEnumerable<KeyValuePair<string, object>> attributes)
                            Soon(value.Key + " as the attributes", 5, () => Ask(flags, "u", null, attributes));
                    });
                return cases;
            }
        }

        private sealed class Mute : Exception
        {
            public override string Message => throw new InvalidOperationException();
        }

        private static IEnumerable<string> Muted()
        {
            yield return "a";
            throw new Mute();
        }

        public static void AnErrorMayBeUnableToSayWhatItIs()
        {
            var log = new List<string>();
            var flags = new TestFlags(One, (level, line) => log.Add(line));
            flags.Subscribe(what => throw new Mute());
            flags.Enable("b");
            Assert.Equal(0, flags.DecideAll("u", Muted()).Count);
            Assert.Equal(1L, flags.Stats.Broken);
            Assert.Equal(2, log.Count(line => line.Contains("Mute")), string.Join("\n", log));
        }

        private static void Ask(Flags flags, object actor, object groups, IEnumerable<KeyValuePair<string, object>> attributes)
        {
            var context = new Context(actor, groups, attributes);
            flags.Enabled("a", context);
            flags.Decide("a", context);
            flags.Enabled("a", actor, groups, attributes);
            Assert.True(flags.Explain("a", context).ToString().Length > 0);
            Assert.Equal(1, flags.DecideAll(context).Count);
        }

        public static void AttributesAndKeysWithoutAnEnd()
        {
            var flags = new TestFlags(One, Tools.Silent);
            var count = 0;
            Soon("names without an end", 9, () => Ask(flags, "u", null, Endless(0).Select(_ => new KeyValuePair<string, object>("n" + count++, new string('x', 1000)))));
            using (var client = new Client(new Options { Bootstrap = One, Logger = Tools.Silent }))
                Soon("long keys", 9, () => Assert.Equal(100000, client.DecideAll("u", Enumerable.Repeat(new string('k', 1 << 20), 100000)).Count));
            Soon("keys without an end", 9, () => Assert.Equal(0, flags.DecideAll("u", Endless("a")).Count));
            Assert.Equal(null, Gonfalon.Values.Attributes(new Map { ["age"] = Enumerable.Repeat((object)1, 100001).ToList() }, new List<string>())["age"]);
            Assert.Equal(100000, ((ICollection)Gonfalon.Values.Attributes(new Map { ["age"] = Enumerable.Repeat((object)1, 100000).ToList() }, new List<string>())["age"]).Count);
        }

        /// <summary>Each method that decides, explains or waits, with odd arguments.</summary>
        public static void NoQuestionThrows()
        {
            var odd = new object[]
            {
                null, "", "a", "\0", "\ud800", "\udc00x", "{0}%n", new string('x', 1 << 20), new object(), true, 1.5, double.NaN, new byte[1], new object[] { null },
                new[] { "a", null }, new Context("u"), new Map(), new Map { [""] = null }, -1L, long.MinValue, ulong.MaxValue, TimeSpan.Zero, TimeSpan.MinValue, TimeSpan.FromMilliseconds(-1), new Context(),
            };
            var skipped = new[] { "Subscribe", "Close", "Dispose", "GetType", "Equals" };
            using (var loaded = new Client(new Options { Bootstrap = One, Logger = Tools.Silent }))
            using (var empty = new Client(new Options { LastGood = "/none/at/all", Logger = Tools.Silent }))
                foreach (var on in new object[] { loaded, empty, new TestFlags(One, Tools.Silent), new Context("u"), null })
                {
                    var methods = on == null
                        ? typeof(Scores).GetMethods(BindingFlags.Public | BindingFlags.Static)
                        : on.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance).Where(m => m.DeclaringType != typeof(TestFlags)).ToArray();
                    foreach (var method in methods.Where(m => !skipped.Contains(m.Name)))
                        Call(on, method, odd);
                }
            Assert.Equal(null, Scores.Score(null, "u"));
        }

        private static void Call(object on, MethodInfo method, object[] odd)
        {
            var parameters = method.GetParameters();
            var usual = parameters.Select(p => p.HasDefaultValue ? p.DefaultValue : p.ParameterType == typeof(string) ? "a" : p.ParameterType == typeof(TimeSpan?) ? TimeSpan.Zero :
                p.ParameterType.IsValueType ? Activator.CreateInstance(p.ParameterType) : null).ToArray();
            for (var i = 0; i < usual.Length; i++)
                if (parameters[i].ParameterType == typeof(TimeSpan?))
                    usual[i] = TimeSpan.Zero; // null waits for ever
            for (var i = 0; i < Math.Max(1, parameters.Length); i++)
            foreach (var one in odd.Where(o => Fits(o, parameters, i)))
            {
                var arguments = usual.ToArray();
                if (arguments.Length > 0)
                    arguments[i] = one;
                try
                {
                    var answer = method.Invoke(on, arguments);
                    (answer as System.Threading.Tasks.Task)?.Wait();
                    GC.KeepAlive(answer?.ToString());
                }
                catch (TargetInvocationException error)
                {
                    throw new Failure($"{method} throws {error.InnerException} for {string.Join(", ", arguments.Select(a => a is string s && s.Length > 99 ? "…" : a))}");
                }
            }
        }

        private static bool Fits(object one, ParameterInfo[] parameters, int at)
        {
            if (at >= parameters.Length)
                return one == null;
            var type = parameters[at].ParameterType;
            return one == null ? type != typeof(TimeSpan?) && (!type.IsValueType || Nullable.GetUnderlyingType(type) != null) : type.IsInstanceOfType(one);
        }

        public static Cases NoAnswerShowsTheToken
        {
            get
            {
                var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes("x" + Token));
                var answers = new Dictionary<string, string>
                {
                    ["as it is"] = Problem(Token), ["percent-encoded"] = Problem(Token.Replace("/", "%2f").Replace("_", "%5F")), ["in base64"] = Problem(base64),
                    ["in capitals"] = Problem(Token.ToUpperInvariant()), ["at the end"] = Problem(new string('x', 980) + Token), ["in escapes"] = Problem(Token.Replace("h", "\\u0068")),
                    ["in the status line"] = $"HTTP/1.1 401 {Token}\r\nContent-Length: 0\r\n\r\n", ["in no status line"] = Token + "\r\n\r\n",
                    ["in a broken one"] = $"HTTP/1.1 {Token}\r\n\r\n", ["in the type"] = $"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/{Token}\r\n\r\n",
                    ["in the encoding"] = $"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/event-stream\r\nContent-Encoding: {Token}\r\n\r\n",
                    ["in a header"] = $"HTTP/1.1 200 OK\r\n{Token}\r\n\r\n", ["in a length"] = $"HTTP/1.1 200 OK\r\nContent-Length: {Token}\r\n\r\n",
                    ["in a redirect"] = $"HTTP/1.1 307 No\r\nContent-Length: 0\r\nLocation: http://a/{Token}\r\n\r\n",
                    ["in a chunk"] = $"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n{Token}\r\n",
                };
                var cases = new Cases();
                foreach (var answer in answers)
                    cases.Add(answer.Key, () => ShowsNoToken(answer.Value));
                return cases;
            }
        }

        public static void NoSnapshotsEnvironmentShowsTheToken()
        {
            var data = Compiler.Compile(new Dictionary<string, TestFlag>(), 1, "gfn_sdk_hushhush");
            var head = $"HTTP/1.1 200 OK\r\nContent-Length: {data.Length}\r\nConnection: close\r\n\r\n";
            ShowsNoToken(Encoding.GetEncoding(28591).GetBytes(head).Concat(data).ToArray(), "gfn_sdk_hushhush", TimeSpan.FromHours(1));
        }

        private static string Problem(string said)
        {
            var body = $"{{\"title\": \"No\", \"detail\": \"the token {said} isn't known\"}}";
            return $"HTTP/1.1 401 No\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        }

        private static void ShowsNoToken(string answer) => ShowsNoToken(Encoding.UTF8.GetBytes(answer), Token);

        private static void ShowsNoToken(byte[] answer, string token, TimeSpan? poll = null)
        {
            var log = new List<string>();
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            new Thread(() => Serve(listener, answer)) { IsBackground = true }.Start();
            var options = Tools.Quick("http://" + listener.LocalEndpoint);
            options.Token = token;
            options.PollInterval = poll;
            options.ReadyWithin = TimeSpan.Zero;
            options.Logger = (level, line) => { lock (log) log.Add(line); };
            using (var flags = new Client(options))
            {
                Tools.Until(() => flags.Stats.Lost > 0);
                flags.Flush().GetAwaiter().GetResult();
                log.Add(flags.Stats.LastError ?? "nothing");
            }
            listener.Stop();
            string all;
            lock (log)
                all = string.Join("\n", log);
            Assert.False(all.ToLowerInvariant().Contains("hushhush") || all.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes("x" + Token)).Substring(4, 12)), all);
        }

        private static void Serve(TcpListener listener, byte[] answer)
        {
            while (true)
                try
                {
                    using (var client = listener.AcceptTcpClient())
                    using (var stream = client.GetStream())
                    {
                        var reader = new StreamReader(stream);
                        while (!string.IsNullOrEmpty(reader.ReadLine())) { }
                        stream.Write(answer, 0, answer.Length);
                    }
                }
                catch (IOException)
                {
                    // A client that went away.
                }
                catch (Exception error) when (error is SocketException || error is ObjectDisposedException || error is InvalidOperationException)
                {
                    return;
                }
        }

        public static void AMistakeIsLoggedOnce()
        {
            var log = new List<string>();
            var flags = new TestFlags(One, (level, line) => log.Add(line));
            for (var i = 0; i < 5000; i++)
            {
                flags.Enabled(null);
                flags.Enabled("unknown\n" + new string('x', 1000) + i % 2000);
                flags.Enabled("a", "u", Throwing());
            }
            Assert.True(log.Count <= 1003, $"{log.Count} lines");
            Assert.True(log.All(line => line.Length < 1100 && !line.Contains("\n")), "short lines");
        }
    }
}
