using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using Gonfalon.Testing;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    /// <summary>Holds hostsdk/surface.json, with what is different here, against what the assembly exports; and
    /// features.json.</summary>
    [Tests]
    internal static class SurfaceTests
    {
        private static readonly Map Surface = (Map)Json.Parse(Tools.Read("hostsdk/surface.json"));
        private static readonly Map Ours = (Map)Json.Parse(Tools.Read("hostsdk/dotnet/surface.json"));

        public static Cases Sections
        {
            get
            {
                var cases = new Cases();
                foreach (var section in Surface.Keys.Except(new[] { "languages", "features", "words" }))
                    cases.Add("surface " + section, () => Assert.Equal(Wanted(section), Sorted(Has(section))));
                return cases;
            }
        }

        public static void TheWordsAreThoseOfTheSurface()
        {
            var words = (Map)Surface["words"];
            Assert.Equal(words["reason"], All<Reason>());
            Assert.Equal(words["gate"], All<Gate>().Skip(1));
            Assert.Equal(words["outcome"], All<Outcome>());
            Assert.Equal(words["operator"], All<Operator>());
            Assert.Equal(words["state"], All<State>());
            Assert.Equal("reason 9", Words.Of((Reason)9), "a newer engine's reason");
        }

        public static void TheFeaturesAreThoseOfTheAssembly()
        {
            var file = Path.Combine(Tools.Tree, "hostsdk/dotnet/features.json");
            Assert.Equal(Surface["features"], Features.Select(feature => feature.Key));
            var lines = Features.Select(f => $"  {Json.Quoted(f.Key)}: {Json.Quoted(f.Value as string ?? (f.Value.Equals(true) ? "yes" : "–"))}");
            var text = "{\n" + string.Join(",\n", lines) + "\n}\n";
            if (Environment.GetEnvironmentVariable("GONFALON_UPDATE") != null)
                File.WriteAllText(file, text);
            Assert.Equal(text, File.ReadAllText(file));
        }

        private static IEnumerable<KeyValuePair<string, object>> Features => new Map
        {
            ["engine"] = Type("Native") ? "C, by P/Invoke" : (object)false,
            ["enabled, variant, typed payload, decide, decide all, explain"] =
                Client("Enabled", "Variant", "PayloadBool", "PayloadString", "PayloadInt", "PayloadFloat", "PayloadObject", "Decide", "DecideAll", "Explain"),
            ["prepared context, reused without building it again"] = Type("Context"),
            ["stream with resume and deltas; polling with ETag"] = Type("StreamSource") && Option("PollInterval"),
            ["file, bootstrap, last good on disk"] = Option("File", "Bootstrap", "LastGood"),
            ["in process with the control plane"] = Type("InProcess"),
            ["states, events, age"] = Client("State", "Subscribe", "Stats") && typeof(Stats).GetProperty("Age") != null,
            ["usage batches"] = Client("Flush"),
            ["test helper with overrides, no network"] = Type("Testing.TestFlags") ? "`Gonfalon.Testing`" : (object)false,
            ["OpenFeature provider"] = Type("Provider"),
            ["conformance vectors, shared cases and recorded streams (`testdata/`)"] = ServerTests.Sessions.Count > 0 && ContractTests.ValuesCases.Count > 0,
            ["wait for a revision; events of schedules"] = Client("WaitFor") && Type("Schedules"),
            ["an actor's score for any flag"] = Type("Scores") ? "`Scores.Score`" : (object)false,
            ["an admin client, which reads and writes flags"] = Type("Admin"),
        };

        private static bool Type(string name) => typeof(Client).Assembly.GetType("Gonfalon." + name) != null;

        private static bool Client(params string[] names) => names.All(name => typeof(Client).GetMember(name).Length > 0);

        private static bool Option(params string[] names) => names.All(name => typeof(Options).GetProperty(name) != null);

        private static IEnumerable<string> All<T>() => Enum.GetValues(typeof(T)).Cast<Enum>().Select(Words.Of);

        private static IReadOnlyList<string> Wanted(string section)
        {
            var other = In("other", section);
            var names = ((List<object>)((Map)Surface[section])["names"]).Select(pair => (string)((List<object>)pair)[1]);
            var mine = names.Select(name => other.TryGetValue(name, out var said) ? (string)said : Pascal(name)).Where(name => name != null);
            return Sorted(mine.Concat(In("more", section).Keys));
        }

        private static Map In(string member, string section) => ((Map)Ours[member]).TryGetValue(section, out var found) ? (Map)found : new Map();

        private static string Pascal(string name) => string.Concat(name.Split('_').Select(part => char.ToUpperInvariant(part[0]) + part.Substring(1)));

        private static IReadOnlyList<string> Sorted(IEnumerable<string> names) => names.Distinct().OrderBy(name => name, StringComparer.Ordinal).ToArray();

        private static IEnumerable<string> Has(string section)
        {
            switch (section)
            {
                case "client": return Members(typeof(Client), typeof(Flags));
                case "config": return Members(typeof(Options));
                case "decision": return Members(typeof(Decision));
                case "explanation": return Members(typeof(Explanation));
                case "step": return Members(typeof(Step));
                case "comparison": return Members(typeof(Comparison));
                case "stats": return Members(typeof(Stats));
                case "info": return Members(typeof(SnapshotInfo));
                case "state_event": return Members(typeof(StateChanged));
                case "flags_event": return Members(typeof(FlagsChanged));
                case "test": return Members(typeof(TestFlags));
                case "target": return typeof(TestFlags).GetMethod("Enable").GetParameters().Skip(1).Select(parameter => parameter.Name);
                case "package": return typeof(Client).Assembly.GetExportedTypes().Where(type => type.Namespace == "Gonfalon").Select(type => type.Name);
                default: throw new Failure("a section of an unknown kind: " + section);
            }
        }

        private static IEnumerable<string> Members(params Type[] types)
        {
            const BindingFlags own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
            return types.SelectMany(type => type.GetMembers(own))
                .Where(member => !(member is MethodBase method && (method.IsSpecialName || method.IsConstructor)) && member.Name != "ToString")
                .Select(member => member.Name);
        }
    }
}
