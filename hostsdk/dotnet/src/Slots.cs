using System;
using System.Collections.Generic;
using System.Threading;

namespace Gonfalon
{
    /// <summary>A few instances of one snapshot, each for one caller at a time. The second is loaded when two threads
    /// meet, and so on.
    /// <para>Why: RATIONALE.md "Why does .NET keep several instances of a snapshot?"</para></summary>
    internal sealed class Slots
    {
        private static readonly int Most = Math.Min(Environment.ProcessorCount, 8);

        [ThreadStatic] private static int _home; // where this thread found a free slot the last time

        private readonly Slot[] _slots = new Slot[Most];
        private readonly byte[] _data;
        private readonly Action<TrapException> _onTrap;
        private volatile bool _retired;

        /// <summary>A place for an instance, and what was evaluated there: key → how often, and how often it was
        /// on.</summary>
        internal sealed class Slot
        {
            internal int Busy;
            internal Instance Instance;
            internal Dictionary<string, long[]> Usage = new Dictionary<string, long[]>(StringComparer.Ordinal);

            /// <summary>Counts an evaluation of a flag.</summary>
            internal void Count(string key, int packed)
            {
                if (!Usage.TryGetValue(key, out var counts))
                    Usage[key] = counts = new long[2];
                counts[0]++;
                counts[1] += packed & Packed.Enabled;
            }
        }

        internal Slots(byte[] data, Instance first, Action<TrapException> onTrap)
        {
            _data = data;
            _onTrap = onTrap;
            for (var i = 0; i < Most; i++)
                _slots[i] = new Slot();
            _slots[0].Instance = first;
        }

        /// <summary>Returns a slot that is the caller's until Exit.</summary>
        internal Slot Enter()
        {
            var spin = new SpinWait();
            while (true)
            {
                for (var i = 0; i < Most; i++)
                {
                    var at = (_home + i) % Most;
                    if (Interlocked.CompareExchange(ref _slots[at].Busy, 1, 0) != 0)
                        continue;
                    _home = at;
                    return _slots[at];
                }
                spin.SpinOnce();
            }
        }

        internal void Exit(Slot slot)
        {
            Interlocked.Exchange(ref slot.Busy, 0);
            if (_retired)
                Dispose(slot);
        }

        /// <summary>Asks a slot's instance. After a trap it asks once more, in the snapshot loaded anew.</summary>
        internal T Ask<T>(Slot slot, Packer request, Func<Instance, Packer, T> ask)
        {
            for (var trapped = false; ; trapped = true)
            {
                try
                {
                    return ask(slot.Instance ?? (slot.Instance = new Instance(_data)), request);
                }
                catch (TrapException trap)
                {
                    slot.Instance.Dispose();
                    slot.Instance = null;
                    _onTrap?.Invoke(trap);
                    if (trapped) // it is the request
                        throw;
                }
            }
        }

        /// <summary>Returns what was evaluated since the last time, and forgets it.</summary>
        internal Dictionary<string, long[]> TakeUsage()
        {
            var taken = new Dictionary<string, long[]>(StringComparer.Ordinal);
            foreach (var slot in _slots)
            {
                var spin = new SpinWait();
                while (Interlocked.CompareExchange(ref slot.Busy, 1, 0) != 0)
                    spin.SpinOnce();
                var usage = slot.Usage;
                slot.Usage = new Dictionary<string, long[]>(StringComparer.Ordinal);
                Exit(slot);
                foreach (var pair in usage)
                {
                    if (!taken.TryGetValue(pair.Key, out var counts))
                        taken[pair.Key] = counts = new long[2];
                    counts[0] += pair.Value[0];
                    counts[1] += pair.Value[1];
                }
            }
            return taken;
        }

        /// <summary>Frees the memory that the snapshot takes, because another one serves. A call that comes late
        /// loads it again.</summary>
        internal void Retire()
        {
            _retired = true;
            foreach (var slot in _slots)
                Dispose(slot);
        }

        private static void Dispose(Slot slot)
        {
            if (Interlocked.CompareExchange(ref slot.Busy, 1, 0) != 0)
                return; // whoever uses it does it on the way out
            slot.Instance?.Dispose();
            slot.Instance = null;
            Interlocked.Exchange(ref slot.Busy, 0);
        }
    }
}
