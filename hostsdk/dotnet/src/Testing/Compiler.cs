using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Gonfalon.Testing
{
    /// <summary>One flag's gates, as far as tests need them. States of actors and groups: true allows, false
    /// denies.</summary>
    internal sealed class TestFlag
    {
        internal SortedDictionary<string, bool> Actors = NewTable(), Groups = NewTable(), Requires = NewTable();
        internal bool On, Killed, OffVariant;
        internal double? ActorsRatio, TimeRatio;
        internal string Variant;
        internal object Payload;
        internal long[] Windows = new long[0]; // from, until …

        internal TestFlag Copy()
        {
            var copy = (TestFlag)MemberwiseClone();
            copy.Actors = new SortedDictionary<string, bool>(Actors, Utf8Order.Instance);
            copy.Groups = new SortedDictionary<string, bool>(Groups, Utf8Order.Instance);
            copy.Requires = new SortedDictionary<string, bool>(Requires, Utf8Order.Instance);
            return copy;
        }

        /// <summary>Turns the flag on or off for what is named, or for everyone.</summary>
        internal void Set(bool enabled, string actor, string group, string requires)
        {
            if (actor != null) Actors[actor] = enabled;
            else if (group != null) Groups[group] = enabled;
            else if (requires != null) Requires[requires] = enabled;
            else On = enabled;
        }

        private static SortedDictionary<string, bool> NewTable() => new SortedDictionary<string, bool>(Utf8Order.Instance);
    }

    /// <summary>Makes a snapshot of flags for tests, in the bytes that engine/snapshot/FORMAT.md describes.</summary>
    internal static class Compiler
    {
        private static readonly object[] Nothing = new object[0];

        internal static byte[] Compile(IReadOnlyDictionary<string, TestFlag> flags, long revision = 1, string environment = "test",
            byte[] lineage = null)
        {
            var sorted = flags.OrderBy(pair => pair.Key, Utf8Order.Instance).ToArray();
            var records = sorted.Select(pair => (object)new object[] { pair.Key, Record(pair.Value) }).ToArray();
            var counts = Counts(sorted.Select(pair => pair.Value).ToArray());
            var header = new object[] { "gonfalon", 1L, environment, lineage ?? new byte[16], revision, new object[] { 0L }, counts };
            // An array of 4, of which the last is the id: SHA-256 of every byte before it.
            var sealing = new Packer().Byte(0x94).Write(header).Write(Nothing).Write(records).Byte(0xc4).Byte(32);
            using (var sha = SHA256.Create())
                return sealing.Raw(sha.ComputeHash(sealing.ToArray())).ToArray();
        }

        private static object[] Counts(IReadOnlyList<TestFlag> flags)
        {
            var slots = flags.Sum(flag => Slots(flag.Actors.Count) + Slots(flag.Groups.Count));
            return new object[]
            {
                (long)flags.Count, 0L, slots, 0L, 0L, 0L, (long)flags.Count(flag => flag.Variant != null), flags.Sum(flag => (long)flag.Requires.Count),
                flags.Sum(flag => flag.Windows.Length / 2L), 0L, 0L, 0L,
            };
        }

        private static byte[] Record(TestFlag flag) => Packer.Pack(new object[]
        {
            (flag.On ? 1L : 0) | (flag.Killed ? 2L : 0),
            flag.ActorsRatio is double actors ? 1 + Math.Min((long)(actors * Packed.Scores), Packed.Scores - 1) : 0L,
            flag.TimeRatio is double time ? 1 + Draws(time) : 0L,
            flag.OffVariant ? 1L : 0L,
            Table(flag.Actors), Table(flag.Groups), Nothing,
            flag.Variant == null ? Nothing : new object[] { new[] { flag.Variant, (object)(long)Packed.Scores, Json(flag.Payload) } },
            flag.Requires.SelectMany(pair => new object[] { pair.Key, pair.Value }).ToArray(),
            flag.Windows.Cast<object>().ToArray(),
        });

        private static object Json(object payload) =>
            payload == null ? null : Encoding.UTF8.GetBytes(Gonfalon.Json.Written(Values.Map(payload, 0, new Room())));

        private static object[] Table(SortedDictionary<string, bool> states) =>
            states.SelectMany(pair => new object[] { pair.Key, pair.Value ? 2L : 1L }).ToArray();

        /// <summary>Returns the smallest power of two that is at least 2 and at least n + n/2; nothing for an empty
        /// table.</summary>
        private static long Slots(int n)
        {
            long slots = n == 0 ? 0 : 2;
            while (slots < n + n / 2)
                slots *= 2;
            return slots;
        }

        /// <summary>Returns the greatest n of 1 … 10000 with n/10000 ≤ ratio; 0 if there is none.</summary>
        private static long Draws(double ratio)
        {
            var n = (long)(ratio * 10000) + 1;
            while (n / 10000.0 > ratio)
                n--;
            return n;
        }
    }
}
