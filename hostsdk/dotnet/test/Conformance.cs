using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    /// <summary>Decides by raw request bytes. An instance is kept as long as the snapshot stays the same.</summary>
    internal sealed class Decider
    {
        private byte[] _snapshot = new byte[0];
        private Instance _instance;

        /// <summary>Returns the decision, and its bytes for comparison with another host.</summary>
        internal Decision Decide(byte[] snapshot, byte[] request, string flag, out byte[] written)
        {
            if (_instance == null || !_snapshot.SequenceEqual(snapshot))
            {
                _instance?.Dispose();
                _instance = null;
                _instance = new Instance(snapshot);
                _snapshot = snapshot;
            }
            var decided = _instance.Decide(new Packer().Raw(request));
            var texts = new[] { decided.Name, decided.Payload, decided.Target }.Select(Instance.Bytes).ToArray();
            written = BitConverter.GetBytes(decided.Packed).Concat(texts.SelectMany(text => BitConverter.GetBytes(text.Length).Concat(text))).ToArray();
            var variant = decided.Variant == 0 ? null : new Variant(Encoding.UTF8.GetString(texts[0]), Encoding.UTF8.GetString(texts[1]));
            return new Decision(flag, decided.Packed, variant, Encoding.UTF8.GetString(texts[2]));
        }
    }

    /// <summary>Compares the engine's decisions with what the reference implementations answered, by files of
    /// "gonfalon conformance --emit-cases".</summary>
    internal static class Conformance
    {
        internal static int Start(IEnumerable<string> files)
        {
            int passed = 0, failed = 0, skipped = 0;
            var decider = new Decider();
            foreach (var line in files.SelectMany(File.ReadLines).Where(line => line.Trim().Length > 0))
            {
                var given = (Map)Json.Parse(line);
                if (given.ContainsKey("skipped"))
                {
                    skipped++;
                    continue;
                }
                var differs = Differences(given, decider);
                if (differs.Count == 0)
                {
                    passed++;
                    continue;
                }
                failed++;
                Console.WriteLine($"failed {given["file"]} {given["family"]} {given["id"]} ({given["flag"]}): {string.Join("; ", differs)}");
            }
            Console.WriteLine($"dotnet: {passed} passed, {failed} failed, {skipped} skipped");
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        private static List<string> Differences(Map given, Decider decider)
        {
            var differs = new List<string>();
            var expect = (Map)given["expect"];
            Decision decision;
            try
            {
                decision = decider.Decide(Convert.FromBase64String((string)given["snapshot"]), Convert.FromBase64String((string)given["request"]),
                    (string)given["flag"], out _);
            }
            catch (Exception error)
            {
                return new List<string> { error.Message };
            }
            if (decision.Reason == Reason.UnknownFlag && !(expect.TryGetValue("enabled", out var on) && on.Equals(false)))
                differs.Add("the snapshot has no such flag");
            var answer = new Map
            {
                ["enabled"] = decision.Enabled, ["variant"] = decision.Variant, ["score16"] = decision.Score is double score ? (long?)(score * 65536) : null,
            };
            foreach (var pair in expect)
                if (!answer.TryGetValue(pair.Key, out var found))
                    differs.Add($"there is no {pair.Key} to compare");
                else if (!Equals(found, pair.Value) && !(pair.Key == "score16" && found == null))
                    differs.Add($"{pair.Key} is {found}, the reference answered {pair.Value}");
            return differs;
        }
    }

    /// <summary>Decides (snapshot, request) pairs from a file, for comparison with another host byte by byte: the
    /// protocol of hostsdk/python/src/gonfalon/differential.py. What a program could ask is asked again as a program
    /// would.</summary>
    internal static class Differential
    {
        private static readonly byte[] Refused = Enumerable.Repeat((byte)0xff, 4).Concat(new byte[12]).ToArray();

        private sealed class Keyless : IActor
        {
            public object ActorId => null;
        }

        internal static int Start(string pairs, string decisions)
        {
            using (var file = pairs == "-" ? Console.OpenStandardInput() : File.OpenRead(pairs))
            using (var out_ = new BufferedStream(decisions == "-" ? Console.OpenStandardOutput() : File.Create(decisions)))
            {
                var decider = new Decider();
                var snapshot = new byte[0];
                Engine engine = null;
                int count = 0, again = 0;
                for (byte[] changed; (changed = Record(file)) != null; count++)
                {
                    if (changed.Length > 0)
                        snapshot = changed;
                    var request = Record(file) ?? throw new EndOfStreamException("the file ends in the middle of a record");
                    var written = Refused;
                    try
                    {
                        var decision = decider.Decide(snapshot, request, "", out written);
                        if (engine == null || engine.Data != snapshot)
                        {
                            engine?.Retire();
                            engine = new Engine(snapshot, new Mistakes(new Log(Tools.Silent)));
                        }
                        again += Again(engine, request, decision.Packed);
                    }
                    catch (Exception error) when (error is LoadException || error is RequestException)
                    {
                        written = Refused;
                    }
                    out_.Write(written, 0, written.Length);
                }
                Console.Error.WriteLine($"{count} decided, {again} of them again by contexts");
            }
            return 0;
        }

        private static byte[] Record(Stream file)
        {
            var head = Bytes(file, 4);
            if (head.Length == 0)
                return null;
            var size = head.Length == 4 ? BitConverter.ToInt32(head, 0) : -1;
            var body = size < 0 ? head : Bytes(file, size);
            return body.Length == size ? body : throw new EndOfStreamException("the file ends in the middle of a record");
        }

        private static byte[] Bytes(Stream file, int size)
        {
            var bytes = new byte[size];
            var read = 0;
            for (int n; read < size && (n = file.Read(bytes, read, size - read)) > 0; read += n) { }
            Array.Resize(ref bytes, read);
            return bytes;
        }

        /// <summary>Asks by a context as it comes and by one prepared, if a program can ask so. Returns how many
        /// requests were asked again.</summary>
        private static int Again(Engine engine, byte[] request, int packed)
        {
            object[] parts;
            Context context;
            object who;
            try
            {
                parts = Parts(request, out var bytes);
                if (parts == null || !(parts[0] is string) || !(parts[2] is List<object>) || !(parts[5] is Map))
                    return 0;
                who = Equals(parts[1], false) ? new Keyless() : parts[1];
                context = new Context(who, parts[2], (Map)parts[5]);
                var again = new[] { Packer.Pack(context.Actor), new Packer().Texts(context.Groups).ToArray(), new Packer().Map(context.Attributes).ToArray() };
                if (!again[0].SequenceEqual(bytes[1]) || !again[1].SequenceEqual(bytes[2]) || !again[2].SequenceEqual(bytes[5]))
                    return 0;
            }
            catch (MessagePackException)
            {
                return 0;
            }
            long now;
            ulong roll;
            if (!(parts[3] is long at) || !Roll(parts[4], out roll))
                return 0;
            now = at;
            var answers = new[]
            {
                engine.Evaluate((string)parts[0], who, parts[2], (Map)parts[5], now, roll),
                engine.Evaluate((string)parts[0], context, null, null, now, roll),
            };
            if (answers.Any(answer => answer != packed))
                throw new InvalidDataException($"{BitConverter.ToString(request)} is {packed:x}, asked by contexts {answers[0]:x} {answers[1]:x}");
            return 1;
        }

        private static bool Roll(object written, out ulong roll)
        {
            roll = written is long signed ? (ulong)signed : written is System.Numerics.BigInteger big ? (ulong)big : 0;
            return written is long || written is System.Numerics.BigInteger;
        }

        private static object[] Parts(byte[] request, out byte[][] bytes)
        {
            var reader = new Unpacker(request);
            var parts = new object[6];
            bytes = new byte[6][];
            if (reader.ArraySize() != 6)
                return null;
            for (var i = 0; i < 6; i++)
            {
                var start = reader.Position;
                parts[i] = reader.Read();
                bytes[i] = request.Skip(start).Take(reader.Position - start).ToArray();
            }
            return reader.Position == request.Length ? parts : null;
        }
    }
}
