using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;

namespace Gonfalon.Tests
{
    /// <summary>Measures the SDK, and prints its figures as one JSON object; every answer is checked. GONFALON_BENCH
    /// is a folder of "contract bench". The lowest of many samples counts: what a busy machine adds, it only ever
    /// adds.</summary>
    internal static class Bench
    {
        private const int Samples = 30;
        private const double Sample = 0.01;
        private static readonly Dictionary<string, double> Kinds = new Dictionary<string, double> { ["boolean"] = 1, ["percentage"] = 0.25, ["rule"] = 0.5 };
        private static readonly string[] Actors = Enumerable.Range(0, 64).Select(i => $"user:{i * 3:D6}").ToArray();
        private static readonly string[] Hundred = Enumerable.Range(0, 100).Select(i => $"{Kinds.Keys.ElementAt(i % 3)}_{i / 3:D5}").ToArray();
        private static readonly Dictionary<string, object> Attributes = new Dictionary<string, object>
        {
            ["age"] = 34, ["beta"] = true, ["country"] = "DE", ["email"] = "jo@example.com", ["plan"] = "team",
        };

        private static long _checked;

        internal static int Start(string[] arguments)
        {
            var folder = Environment.GetEnvironmentVariable("GONFALON_BENCH");
            byte[] small = File.ReadAllBytes(Path.Combine(folder, "1000.snapshot")), large = File.ReadAllBytes(Path.Combine(folder, "10000.snapshot"));
            if (arguments.Length > 0)
            {
                Check("boolean_00000", Actors[1], Serving(arguments[0] == "first" ? small : large).Enabled("boolean_00000", Actors[1]));
                var peak = File.ReadAllLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
                Console.WriteLine(long.Parse(new string(peak.Where(char.IsDigit).ToArray())) / 1024.0);
                return 0;
            }
            var flags = Serving(small);
            var prepared = Actors.Select(actor => new Context(actor, attributes: Attributes)).ToArray();
            var decide = new Dictionary<string, object>();
            var again = new Dictionary<string, object>();
            foreach (var kind in Kinds.Keys)
            {
                var keys = Enumerable.Range(0, 64).Select(i => $"{kind}_{i:D5}").ToArray();
                foreach (var key in keys)
                    for (var i = 0; i < 64; i++)
                    {
                        Check(key, Actors[i], flags.Enabled(key, Actors[i], attributes: Attributes));
                        Check(key, Actors[i], flags.Enabled(key, prepared[i]));
                    }
                decide[kind] = Lowest(i => flags.Enabled(keys[i], Actors[i], attributes: Attributes));
                again[kind] = Lowest(i => flags.Enabled(keys[i], prepared[i]));
            }
            foreach (var decision in flags.DecideAll(prepared[1], Hundred))
                Check(decision.Key, Actors[1], decision.Enabled);
            var figures = new Dictionary<string, object>
            {
                ["lang"] = "dotnet", ["engine"] = "C, by P/Invoke (mono)", ["decide_ns"] = decide, ["prepared_ns"] = again,
                ["batch100_ns"] = Lowest(i => flags.DecideAll(prepared[i], Hundred)),
                ["load10000_ms"] = Enumerable.Range(0, 10).Min(_ => Milliseconds(() => Serving(large).Close())),
                ["start_ms"] = Enumerable.Range(0, 7).Min(_ => Milliseconds(() => Itself("first"))),
                ["memory_mb"] = double.Parse(Itself("serve")),
                ["package_kb"] = Packed(),
                ["answers_checked"] = _checked,
            };
            Console.WriteLine(Json.Written(figures));
            return 0;
        }

        private static Client Serving(byte[] data) => new Client(new Options { Bootstrap = data });

        /// <summary>Checks an answer by the definitions, and not by the engine.</summary>
        private static void Check(string key, string actor, bool found)
        {
            if (found != Scores.Score(key, actor) <= Kinds[key.Split('_')[0]])
                throw new Failure($"wrong answer: {key} for {actor} is {found}");
            _checked++;
        }

        /// <summary>Returns the nanoseconds of a question, in the best of many samples.</summary>
        private static double Lowest(Action<int> ask)
        {
            var count = 1;
            double taken;
            while ((taken = Timed(ask, count)) < Sample / 2)
                count *= 2;
            count = Math.Max(1, (int)(count * Sample / taken));
            return Enumerable.Range(0, Samples).Min(_ => Timed(ask, count)) / count * 1e9;
        }

        private static double Timed(Action<int> ask, int count)
        {
            var began = Stopwatch.StartNew();
            for (var i = 0; i < count; i++)
                ask(i & 63);
            return began.Elapsed.TotalSeconds;
        }

        private static double Milliseconds(Action action)
        {
            var began = Stopwatch.StartNew();
            action();
            return began.Elapsed.TotalMilliseconds;
        }

        private static string Itself(string mode) => Tools.Output("mono", $"{typeof(Bench).Assembly.Location} bench {mode}");

        /// <summary>Returns the size of assembly and library, packed as a package is.</summary>
        private static double Packed() => new[] { "Gonfalon.dll", "libgonfalon.so" }.Sum(name =>
        {
            using (var packed = new MemoryStream())
            {
                var bytes = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(typeof(Bench).Assembly.Location), name));
                using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
                    gzip.Write(bytes, 0, bytes.Length);
                return packed.Length / 1024.0;
            }
        });
    }
}
