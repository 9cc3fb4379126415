using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;

namespace Gonfalon
{
    using Attributes = IEnumerable<KeyValuePair<string, object>>;

    /// <summary>A snapshot that decides. Safe for use from any thread.
    /// <para>Each question takes who asks (an actor, or a prepared context in its place), groups and attributes, and
    /// the time (Unix microseconds) and chance (64 bits), for which null stands for the clock's and fresh
    /// ones.</para></summary>
    internal class Engine
    {
        private const int Unknown = 1000; // keys of no flag that are remembered: a program asks for a few such flags, an attacker for any number

        private const int MaxKey = 1024; // bytes of a flag's key

        private const int LongestUnknown = 1000; // characters of such a key

        [ThreadStatic] private static Packer _packer;

        private readonly Mistakes _mistakes;
        private readonly Slots _slots;
        private readonly ConcurrentDictionary<string, Needs> _needs = new ConcurrentDictionary<string, Needs>(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<uint, Variant> _variants = new ConcurrentDictionary<uint, Variant>();
        private readonly ConcurrentDictionary<string, string[]> _names = new ConcurrentDictionary<string, string[]>(StringComparer.Ordinal);
        private IReadOnlyList<string> _keys;

        /// <summary>Loads a snapshot; throws LoadException if the engine refuses it. onTrap is called with each
        /// trap.</summary>
        internal Engine(byte[] data, Mistakes mistakes, Action<TrapException> onTrap = null)
        {
            Data = data;
            _mistakes = mistakes;
            var first = new Instance(data);
            Info = first.Info();
            _slots = new Slots(data, first, onTrap);
        }

        /// <summary>For an engine that is made of others.</summary>
        protected Engine(Engine of)
        {
            Data = of.Data;
            Info = of.Info;
        }

        internal byte[] Data { get; }

        internal SnapshotInfo Info { get; }

        internal static long Now => (DateTime.UtcNow.Ticks - 621355968000000000L) / 10;

        /// <summary>Returns the packed decision of one flag: the quickest question.</summary>
        internal virtual int Evaluate(string key, object actor, object groups, Attributes attributes, long? now, ulong? roll)
        {
            var needs = NeedsOf(key);
            if (needs.Fixed == 0)
                return 0;
            var request = needs.Fixed == null ? needs.Write(Fresh(), actor, groups, attributes, now, roll, _mistakes) : null;
            var slot = _slots.Enter();
            try
            {
                var packed = needs.Fixed ?? _slots.Ask(slot, request, (instance, written) => instance.Evaluate(written));
                slot.Count(needs.Key, packed);
                return packed;
            }
            finally
            {
                _slots.Exit(slot);
                GiveBack(request);
            }
        }

        /// <summary>Returns the whole decision of one flag.</summary>
        internal virtual Decision Decide(string key, object actor, object groups, Attributes attributes, long? now, ulong? roll)
        {
            var needs = NeedsOf(key);
            if (needs.Fixed != null)
                return new Decision(needs.Key, Evaluate(key, null, null, null, 0, 0), revision: Info.Revision);
            return Ask(needs.Write(Fresh(), actor, groups, attributes, now, roll, _mistakes), (instance, written, slot) =>
            {
                var decided = instance.Decide(written);
                slot.Count(needs.Key, decided.Packed);
                return DecisionOf(needs.Key, decided);
            });
        }

        /// <summary>Returns the decisions of several flags, in their order, or of all flags (null).</summary>
        internal virtual IReadOnlyList<Decision> DecideAll(IReadOnlyList<string> keys, object actor, object groups, Attributes attributes, long? now,
            ulong? roll)
        {
            var context = Context.Of(actor, groups, attributes);
            now = now ?? Now;
            roll = roll ?? Random64.Next();
            var asked = keys ?? Keys;
            Packer request;
            try
            {
                request = Whole(keys, asked, context, now.Value, roll.Value);
            }
            catch (ContextException) // perhaps they only ask together for more than a request can have
            {
                return asked.Select(key => Alone(key, context, now, roll)).ToArray();
            }
            return Batch(asked, request);
        }

        /// <summary>Returns the decision with every gate that the engine looked at. It is not counted as an
        /// evaluation.</summary>
        internal virtual Explanation Explain(string key, object actor, object groups, Attributes attributes, long? now, ulong? roll)
        {
            key = NeedsOf(key).Key;
            var request = Whole(null, new[] { key }, Context.Of(actor, groups, attributes), now ?? Now, roll ?? Random64.Next(), single: true);
            return Ask(request, (instance, written, _) =>
            {
                var decision = DecisionOf(key, instance.Decide(written));
                return Explanation.Read(instance.Explain(written), decision, Info);
            });
        }

        /// <summary>Returns the keys of all flags, ascending.</summary>
        internal virtual IReadOnlyList<string> Keys =>
            _keys ?? (_keys = Ask(null, (instance, _, __) => Enumerable.Range(0, Info.Flags).Select(instance.FlagKey).ToArray()));

        /// <summary>Returns what was evaluated since the last time: key → how often, and how often it was
        /// on.</summary>
        internal virtual Dictionary<string, long[]> TakeUsage() => _slots.TakeUsage();

        /// <summary>Frees the memory that the snapshot takes, because another one serves. A call that comes late
        /// loads it again.</summary>
        internal virtual void Retire() => _slots.Retire();

        /// <summary>Returns the bytes of the snapshot that a delta makes of this one. It is spliced beside it, so
        /// that no decision waits.</summary>
        internal byte[] Splice(byte[] delta)
        {
            using (var beside = new Instance(Data))
                return beside.Splice(delta);
        }

        // A request is written in the thread's own memory. What a program's own code asks meanwhile, such as a member
        // of groups, is written elsewhere.
        private static Packer Fresh()
        {
            var packer = _packer ?? new Packer();
            _packer = null;
            return packer.Clear();
        }

        private static void GiveBack(Packer packer)
        {
            if (packer != null && packer.Buffer.Length <= 1 << 16)
                _packer = packer;
        }

        private T Ask<T>(Packer request, Func<Instance, Packer, Slots.Slot, T> ask)
        {
            var slot = _slots.Enter();
            try
            {
                return _slots.Ask(slot, request, (instance, written) => ask(instance, written, slot));
            }
            finally
            {
                _slots.Exit(slot);
                GiveBack(request);
            }
        }

        /// <summary>Writes the request for one flag, several or (keys null) all of them, with all that there
        /// is.</summary>
        private Packer Whole(IReadOnlyList<string> keys, IReadOnlyList<string> asked, Context context, long now, ulong roll, bool single = false)
        {
            var named = single || context.Asks ? asked.SelectMany(key => NeedsOf(key).Groups).Distinct().ToArray() : new string[0];
            var names = single ? NeedsOf(asked[0]).Attributes : null;
            var memberOf = names == null || named.Length > 0 ? context.MemberOf(named) : named;
            var known = single ? context.Shown(names) : context.Known(null);
            if (context.Unreadable.Count > 0)
                _mistakes.UnreadableContext(context.Unreadable, asked.Count);
            var request = Fresh().Byte(0x96);
            if (single) request.Text(Asked(asked[0]));
            else if (keys == null) request.Write(null);
            else request.Head(keys.Count, 0x90, 0xdc);
            foreach (var key in single || keys == null ? new string[0] : keys)
                request.Text(Asked(key));
            return request.Write(context.Actor).Texts(memberOf).Integer(now).Integer((long)roll).Map(known);
        }

        private IReadOnlyList<Decision> Batch(IReadOnlyList<string> keys, Packer request)
        {
            var decisions = new List<Decision>(keys.Count);
            var records = new Native.Decision[Native.Batch];
            while (decisions.Count < keys.Count)
            {
                var first = decisions.Count;
                Ask(request, (instance, written, slot) =>
                {
                    var count = instance.Batch(written, first, records);
                    for (var i = 0; i < count; i++)
                    {
                        var decision = DecisionOf(keys[first + i], records[i]);
                        if (decision.Packed != 0)
                            slot.Count(decision.Key, decision.Packed);
                        decisions.Add(decision);
                    }
                    return count;
                });
            }
            return decisions;
        }

        /// <summary>Returns one decision of several, which keeps its error to itself.</summary>
        private Decision Alone(string key, Context context, long? now, ulong? roll)
        {
            try
            {
                return Decide(key, context, null, null, now, roll);
            }
            catch (Exception error)
            {
                return new Decision(key, Packed.NotReady, revision: Info.Revision, error: error);
            }
        }

        /// <summary>Returns what a flag needs, which the engine is asked once.</summary>
        private Needs NeedsOf(string key)
        {
            if (key == null)
                throw new ArgumentNullException(nameof(key), "a flag's key is a string");
            if (_needs.TryGetValue(key, out var known))
                return known;
            var text = Values.Text(key);
            var request = new Packer().Byte(0x91).Text(Asked(text));
            var needs = Ask(request, (instance, written, _) => new Needs(text, instance.Needs(written), instance.Evaluate(written), Shared));
            if (needs.Exists || (_needs.Count < Info.Flags + Unknown && text.Length <= LongestUnknown))
                _needs[text] = needs;
            return needs;
        }

        // One that is too long is of no flag, as the empty one.
        private static string Asked(string key) => key.Length > MaxKey ? "" : Values.Text(key);

        // A name may have any sign in it: its length says where it ends.
        private string[] Shared(string[] names) => _names.GetOrAdd(string.Concat(names.Select(name => name.Length + ":" + name)), names);

        private Decision DecisionOf(string key, Native.Decision decided)
        {
            Variant served = null;
            if (decided.Variant != 0 && !_variants.TryGetValue(decided.Variant, out served))
                _variants[decided.Variant] = served = new Variant(Instance.Text(decided.Name), Instance.Text(decided.Payload));
            var target = (decided.Packed & Packed.HasTarget) != 0 ? Instance.Text(decided.Target) : null;
            return new Decision(key, decided.Packed, served, target, Info.Revision);
        }
    }
}
