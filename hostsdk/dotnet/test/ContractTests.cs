using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Numerics;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    /// <summary>Runs hostsdk/testdata/values.json and hostsdk/explanations.json, as every SDK does.</summary>
    [Tests]
    internal static class ContractTests
    {
        private static readonly string[] Missing = { "marshals", "pointer", "nil_pointer" }; // types that .NET doesn't have
        private static readonly object Raises = new object();

        private sealed class Prints
        {
            internal string Text;

            public override string ToString() => Text;
        }

        private class Identified : IActor
        {
            internal object Found;

            public object ActorId => Found == Raises ? throw new NotSupportedException("it has none") : Found;
        }

        private sealed class Member : Identified, IMember
        {
            internal List<object> Groups;

            public bool InGroup(string name) => Groups == null ? throw new NotSupportedException("who knows") : Groups.Contains(name);
        }

        public static Cases ValuesCases
        {
            get
            {
                var contract = (Map)Json.Parse(Tools.Read("hostsdk/testdata/values.json"));
                var snapshot = Convert.FromBase64String((string)contract["snapshot"]);
                var cases = new Cases();
                foreach (Map given in (List<object>)contract["cases"])
                    if (Mine(given) && !Foreign(given))
                        cases.Add((string)given["about"], () => Check(given, snapshot));
                return cases;
            }
        }

        /// <summary>Contexts and questions that are too large: hostsdk/testdata/bounds.json.</summary>
        public static Cases Bounds
        {
            get
            {
                var bounds = (Map)Json.Parse(Tools.Read("hostsdk/testdata/bounds.json"));
                var snapshot = Convert.FromBase64String((string)((Map)Json.Parse(Tools.Read("hostsdk/testdata/values.json")))["snapshot"]);
                var cases = new Cases();
                foreach (Map given in ((List<object>)bounds["cases"]).Concat((List<object>)bounds["requests"]))
                    cases.Add("bounds: " + given["about"], () => CheckBound(given, snapshot));
                foreach (Map given in (List<object>)bounds["keys"])
                    cases.Add("bounds: " + given["about"], () => CheckKeys(Convert.ToInt32(given["count"]), Convert.ToInt32(given["decisions"]), snapshot));
                return cases;
            }
        }

        private static void CheckBound(Map given, byte[] snapshot)
        {
            var want = (Map)given["want"];
            var key = (string)given["flag"];
            var actor = given.TryGetValue("actor", out var a) ? Typed(a) : null;
            var groups = given.TryGetValue("groups", out var g) ? Typed(g) : null;
            var attributes = given.TryGetValue("attributes", out var t) ? ((Map)t).ToDictionary(p => p.Key, p => Typed(p.Value)) : new Map();
            for (var i = 0; given.TryGetValue("more_attributes", out var more) && i < (long)more; i++)
                attributes["more " + i] = 0;
            var prepared = new Context(actor, groups, attributes);
            using (var flags = Loaded(given, snapshot))
            {
                var decisions = flags.DecideAll(actor, new[] { key }, groups, attributes).Concat(flags.DecideAll(prepared, new[] { key })).ToList();
                decisions.Add(flags.Decide(key, actor, groups, attributes));
                decisions.Add(flags.Decide(key, prepared));
                foreach (var decision in decisions)
                {
                    Assert.Equal(new object[] { want["enabled"], want["reason"], want["gate"] },
                        new object[] { decision.Enabled, Words.Of(decision.Reason), decision.Path });
                    Assert.Equal(want.TryGetValue("error", out var error) && error.Equals("INVALID_CONTEXT"), decision.Error is ContextException);
                }
                Assert.Equal(want["enabled"], flags.Enabled(key, actor, groups, attributes));
                Assert.Equal(want["enabled"], flags.Enabled(key, prepared));
                Assert.Equal(0L, flags.Stats.Broken);
            }
        }

        private static void CheckKeys(int count, int decisions, byte[] snapshot)
        {
            using (var flags = Loaded(new Map(), snapshot))
            {
                Assert.Equal(decisions, flags.DecideAll(keys: Enumerable.Repeat("who", count)).Count);
                Assert.Equal(decisions == 0 ? 1L : 0L, flags.Stats.Broken);
            }
        }

        public static void NearlyAllCasesAreRun() => Assert.True(ValuesCases.Count > 85, $"{ValuesCases.Count} cases");

        public static Cases Explanations
        {
            get
            {
                var cases = new Cases();
                foreach (Map given in (List<object>)Json.Parse(Tools.Read("hostsdk/explanations.json")))
                    cases.Add((string)given["about"], () =>
                    {
                        var written = Unpacker.Unpack(Convert.FromBase64String((string)given["explanation"]));
                        var packed = (int)(long)((List<object>)written)[0];
                        var info = new SnapshotInfo("default", "", "", 1, 1, 0, 0);
                        var found = Explanation.Read(written, new Decision("flag", packed), info);
                        var steps = found.Steps.Select(s => new List<object> { Words.Of(s.Gate), s.Target ?? "", Words.Of(s.Outcome), s.Detail });
                        Assert.Equal(given["steps"], steps.ToList());
                        Assert.Equal(found.Steps.Count + 1, found.ToString().Split('\n').Length);
                    });
                return cases;
            }
        }

        private static bool Mine(Map given) => !given.TryGetValue("hosts", out var hosts) || ((List<object>)hosts).Contains("sdk");

        private static bool Foreign(object value)
        {
            if (value is Map map)
                return map.Any(pair => Missing.Contains(pair.Key) || Foreign(pair.Value));
            return value is List<object> list && list.Any(Foreign);
        }

        private static object Typed(object value, object actor = null)
        {
            var pair = ((Map)value).Single();
            var content = pair.Value;
            switch (pair.Key)
            {
                case "string": case "bool": case "null": return pair.Key == "null" ? null : content;
                case "surrogate": return "\ud800";
                case "int": return long.TryParse((string)content, out var whole) ? (object)whole : BigInteger.Parse((string)content);
                case "bigint": return BigInteger.Parse((string)content);
                case "float": return Float((string)content);
                case "decimal": return decimal.Parse((string)content, CultureInfo.InvariantCulture);
                case "list": return ((List<object>)content).Select(item => Typed(item)).ToList();
                case "repeated": return Enumerable.Repeat(Typed(((List<object>)content)[0]), Convert.ToInt32(((List<object>)content)[1])).ToList();
                case "map": return ((Map)content).ToDictionary(item => item.Key, item => Typed(item.Value));
                case "bytes": return Convert.FromBase64String((string)content);
                case "time": return DateTimeOffset.Parse((string)content, CultureInfo.InvariantCulture);
                case "uuid": return Guid.Parse((string)content);
                case "prints": return new Prints { Text = (string)content };
                case "id": return new Identified { Found = Typed(content) };
                case "raises": return Raises;
                case "member": return new Member { Found = actor, Groups = (List<object>)content };
                default: throw new Failure("a type of an unknown kind: " + pair.Key);
            }
        }

        private static double Float(string text)
        {
            switch (text)
            {
                case "Infinity": return double.PositiveInfinity;
                case "-Infinity": return double.NegativeInfinity;
                default: return double.Parse(text, CultureInfo.InvariantCulture);
            }
        }

        private static void Check(Map given, byte[] snapshot)
        {
            var want = (Map)given["want"];
            var actor = given.TryGetValue("actor", out var a) ? Typed(a) : null;
            var groups = given.TryGetValue("groups", out var g) ? Typed(g, actor) : null;
            if (groups is Member)
            {
                actor = groups; // it knows the actor's id, too
                groups = null;
            }
            var attributes = given.TryGetValue("attributes", out var t) ? ((Map)t).ToDictionary(p => p.Key, p => Typed(p.Value)) : null;
            var roll = given.TryGetValue("roll", out var r) ? ulong.Parse((string)r) : (ulong?)null;
            using (var flags = Loaded(given, snapshot))
            {
                var key = (string)given["flag"];
                var decision = flags.Decide(key, actor, groups, attributes, roll: roll);
                Assert.Equal(new object[] { want["enabled"], want["reason"], want["gate"] },
                    new object[] { decision.Enabled, Words.Of(decision.Reason), decision.Path });
                if (decision.Reason == Reason.NotReady)
                    Assert.Equal(want.TryGetValue("error", out var error) ? error : "", Resolution.Of(decision).Error);
                given.TryGetValue("default", out var @default);
                given.TryGetValue("as", out var kind);
                var wanted = want.TryGetValue("value", out var value) ? value : want["enabled"];
                Assert.Equal(kind as string == "float" && wanted is long n ? (double)n : wanted, Ask(flags, (string)kind, key, @default, actor, groups, attributes, roll));
            }
        }

        private static object Ask(Client flags, string kind, string key, object @default, object actor, object groups, Map attributes, ulong? roll)
        {
            switch (kind)
            {
                case null: return flags.Enabled(key, actor, groups, attributes, @default is bool yes && yes, roll: roll);
                case "boolean": return flags.PayloadBool(key, (bool)@default, actor, groups, attributes, roll: roll);
                case "string": return flags.PayloadString(key, (string)@default, actor, groups, attributes, roll: roll);
                case "integer": return flags.PayloadInt(key, (long)@default, actor, groups, attributes, roll: roll);
                case "float": return flags.PayloadFloat(key, Convert.ToDouble(@default), actor, groups, attributes, roll: roll);
                default: return flags.PayloadObject(key, (Map)@default, actor, groups, attributes, roll: roll);
            }
        }

        private static Client Loaded(Map given, byte[] snapshot) => given.TryGetValue("loaded", out var loaded) && loaded.Equals(false)
            ? new Client(new Options { File = "/nonexistent/flags.snapshot", ReadyWithin = TimeSpan.Zero, Logger = Tools.Silent })
            : new Client(new Options { Bootstrap = snapshot, Logger = Tools.Silent });
    }
}
