using System;
using System.Collections.Generic;
using System.Linq;

namespace Gonfalon
{
    /// <summary>A snapshot's records by key, and how flags refer to others. It reads the records of FORMAT.md; the
    /// snapshot has been loaded, so it is sound, but a newer server may have written some records in a form that
    /// isn't known here.
    /// <para>Why: RATIONALE.md "Why do SDKs read flags' records?"</para></summary>
    internal sealed class Records
    {
        // The members of a flag's record, and one of a header's counts.
        private const int Groups = 5, Rules = 6, Prerequisites = 8, Windows = 9, Schedules = 8;
        private const long Denied = 1, Allowed = 2;
        private const int HeaderBytes = 4096; // more than a header can take

        private static readonly IReadOnlyList<object> Nothing = new object[0];
        private readonly Dictionary<string, byte[]> _segments, _flags;
        private readonly object _settings;
        private readonly Dictionary<string, IReadOnlyList<object>> _records = new Dictionary<string, IReadOnlyList<object>>(StringComparer.Ordinal);

        internal Records(byte[] data)
        {
            var snapshot = data == null ? null : (IReadOnlyList<object>)Unpacker.Unpack(data);
            _settings = snapshot == null ? 0L : ((IReadOnlyList<object>)((IReadOnlyList<object>)snapshot[0])[5])[0];
            _segments = ByKey(snapshot?[1]);
            _flags = ByKey(snapshot?[2]);
        }

        internal IEnumerable<string> Keys => _flags.Keys;

        /// <summary>Reports whether a snapshot has any schedule. It reads the header alone.</summary>
        internal static bool HasSchedules(byte[] data)
        {
            var reader = new Unpacker(data, 0, Math.Min(data.Length, HeaderBytes));
            reader.ArraySize();
            var header = (IReadOnlyList<object>)reader.Read();
            return (long)((IReadOnlyList<object>)header[6])[Schedules] > 0;
        }

        /// <summary>Returns when a flag's schedules open and close, in Unix microseconds.</summary>
        internal IEnumerable<long> EdgesOf(string key) => Member(key, Windows).OfType<long>();

        /// <summary>Returns the keys, and those of the flags that require one of them, through any number of parents,
        /// in one of the snapshots; ascending.</summary>
        internal static IReadOnlyList<string> WithDependents(IEnumerable<string> keys, params Records[] snapshots)
        {
            var children = new Dictionary<string, List<string>>(StringComparer.Ordinal);
            foreach (var records in snapshots)
            foreach (var key in records._flags.Keys)
            foreach (var parent in records.ParentsOf(key))
            {
                if (!children.TryGetValue(parent, out var known))
                    children[parent] = known = new List<string>();
                known.Add(key);
            }
            var found = new SortedSet<string>(keys, Utf8Order.Instance);
            var queue = new Queue<string>(found);
            while (queue.Count > 0)
                if (children.TryGetValue(queue.Dequeue(), out var list))
                    foreach (var child in list)
                        if (found.Add(child))
                            queue.Enqueue(child);
            return found.ToArray();
        }

        /// <summary>Returns the keys of every flag whose decision can differ between two snapshots,
        /// ascending.</summary>
        internal static IReadOnlyList<string> Changed(byte[] old, byte[] data)
        {
            Records before = new Records(old), after = new Records(data);
            var every = before._flags.Keys.Union(after._flags.Keys).ToArray();
            var changed = new HashSet<string>(every.Where(key => Differ(before._flags, after._flags, key)), StringComparer.Ordinal);
            if (old != null && !Equals(before._settings, after._settings))
                changed.UnionWith(every.Where(key => before.IsTorn(key) || after.IsTorn(key)));
            var segments = new HashSet<string>(
                before._segments.Keys.Union(after._segments.Keys).Where(key => Differ(before._segments, after._segments, key)),
                StringComparer.Ordinal);
            if (segments.Count > 0)
                changed.UnionWith(every.Where(key => before.SegmentsOf(key).Concat(after.SegmentsOf(key)).Any(segments.Contains)));
            return WithDependents(changed, before, after);
        }

        private IEnumerable<string> SegmentsOf(string key) =>
            Member(key, Rules).OfType<IReadOnlyList<object>>().Select(rule => rule.ElementAtOrDefault(1)).OfType<string>();

        private IEnumerable<string> ParentsOf(string key) => Member(key, Prerequisites).OfType<string>();

        /// <summary>Reports whether a flag allows some groups and denies others, so that the setting of which win
        /// matters.</summary>
        private bool IsTorn(string key)
        {
            var states = Member(key, Groups).OfType<long>().ToArray();
            return states.Any(state => state != Allowed) && states.Any(state => state != Denied);
        }

        private IReadOnlyList<object> Member(string key, int index)
        {
            if (!_records.TryGetValue(key, out var record))
                _records[key] = record = Record(key);
            return index < record.Count && record[index] is IReadOnlyList<object> member ? member : Nothing;
        }

        /// <summary>Returns a flag's record; nothing if there is none, or it is of an unknown form.</summary>
        private IReadOnlyList<object> Record(string key)
        {
            try
            {
                if (_flags.TryGetValue(key, out var bytes) && Unpacker.Unpack(bytes) is IReadOnlyList<object> record && record.Count > Windows)
                    return record;
            }
            catch (MessagePackException)
            {
                // A newer server's.
            }
            return Nothing;
        }

        private static Dictionary<string, byte[]> ByKey(object pairs)
        {
            var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            foreach (IReadOnlyList<object> pair in (IReadOnlyList<object>)pairs ?? Nothing)
                found[(string)pair[0]] = (byte[])pair[1];
            return found;
        }

        private static bool Differ(Dictionary<string, byte[]> before, Dictionary<string, byte[]> after, string key) =>
            !before.TryGetValue(key, out var old) || !after.TryGetValue(key, out var now) || !old.SequenceEqual(now);
    }

    /// <summary>When the schedules of a snapshot open and close, in Unix microseconds.</summary>
    internal sealed class Schedules
    {
        private readonly Records _records;
        private readonly SortedDictionary<long, List<string>> _edges = new SortedDictionary<long, List<string>>();

        internal Schedules(byte[] data)
        {
            _records = new Records(data);
            foreach (var key in _records.Keys)
            foreach (var edge in _records.EdgesOf(key))
            {
                if (edge == long.MinValue || edge == long.MaxValue) // the ends of a window that has none
                    continue;
                if (!_edges.TryGetValue(edge, out var keys))
                    _edges[edge] = keys = new List<string>();
                keys.Add(key);
            }
        }

        /// <summary>Returns the first edge after a time; null if there is none.</summary>
        internal long? Next(long after) => _edges.Keys.Where(edge => edge > after).Select(edge => (long?)edge).FirstOrDefault();

        /// <summary>Returns the flags whose decision the edges after one time and not after another can
        /// change.</summary>
        internal IReadOnlyList<string> Passed(long after, long until)
        {
            var keys = _edges.Where(edge => edge.Key > after && edge.Key <= until).SelectMany(edge => edge.Value).ToArray();
            return keys.Length == 0 ? keys : Records.WithDependents(keys, _records);
        }
    }
}
