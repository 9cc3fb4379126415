using System;
using System.Collections.Generic;
using System.Linq;

namespace Gonfalon
{
    using Attributes = IEnumerable<KeyValuePair<string, object>>;

    /// <summary>A client's figures, for metrics.</summary>
    public sealed class Stats
    {
        internal Stats(Store store, Status status)
        {
            State = status.State;
            Info = store.Engine?.Info;
            Age = status.Age;
            Taken = store.Taken;
            Refused = store.Refused;
            Broken = store.Broken;
            Unknown = store.Mistakes.Unknown;
            Unreadable = store.Mistakes.Unreadable;
            Traps = store.Traps;
            Lost = status.Losses;
            LastError = status.Error;
        }

        /// <summary>What the answers rest on.</summary>
        public State State { get; }

        /// <summary>The snapshot that serves; null before the first.</summary>
        public SnapshotInfo Info { get; }

        /// <summary>Time since the source last confirmed it; null before it did.</summary>
        public TimeSpan? Age { get; }

        /// <summary>Snapshots taken from the source.</summary>
        public long Taken { get; }

        /// <summary>Frames that changed nothing.</summary>
        public long Refused { get; }

        /// <summary>Decisions that the engine failed to make, whose callers got their defaults.</summary>
        public long Broken { get; }

        /// <summary>Decisions about unknown flags.</summary>
        public long Unknown { get; }

        /// <summary>Decisions whose context has something that can't be read.</summary>
        public long Unreadable { get; }

        /// <summary>Times that the engine stopped in the middle of a call and was loaded again.</summary>
        public long Traps { get; }

        /// <summary>Connections of the source that ended.</summary>
        public long Lost { get; }

        /// <summary>What is wrong with the source, for people; null once it is well again.</summary>
        public string LastError { get; }
    }

    /// <summary>How a program evaluates flags. No evaluation blocks, uses the network or throws: where nothing can be
    /// decided, the caller gets the default.
    /// <para>Each method takes a context: an actor, groups and attributes, or a prepared Context in the actor's
    /// place. now (Unix microseconds) and roll (64 bits of chance) replay a decision; without them the clock and
    /// fresh random bits are used.</para></summary>
    public abstract class Flags
    {
        private const int MaxKeys = 100000; // that one question may name, as many as a snapshot can have: a sequence may have no end

        private protected Store Store;
        private protected Status Status;
        private protected Log Log;

        private protected Flags() { }

        /// <summary>Reports whether the flag is on. An unknown or killed flag is off; default counts only where
        /// nothing could be decided.</summary>
        public bool Enabled(string key, object actor = null, object groups = null, Attributes attributes = null, bool @default = false,
            long? now = null, ulong? roll = null)
        {
            var engine = Store.Engine;
            if (engine == null)
                return @default;
            try
            {
                var packed = engine.Evaluate(key, actor, groups, attributes, now, roll);
                if ((packed & Packed.Reason) == 0)
                    Store.Mistakes.UnknownFlag(key);
                return (packed & Packed.Enabled) != 0;
            }
            catch (Exception error)
            {
                Failed(key, error);
                return @default;
            }
        }

        /// <summary>Returns the name of the variant that the actor gets; default if it gets none. A disabled flag
        /// still serves its variant.</summary>
        public string Variant(string key, object actor = null, object groups = null, Attributes attributes = null, string @default = null,
            long? now = null, ulong? roll = null) =>
            Decide(key, actor, groups, attributes, now, roll).Variant ?? @default;

        /// <summary>Returns the served variant's payload, of whatever type, or default.</summary>
        public object Payload(string key, object actor = null, object groups = null, Attributes attributes = null, object @default = null,
            long? now = null, ulong? roll = null) =>
            Decide(key, actor, groups, attributes, now, roll).Payload ?? @default;

        /// <summary>Returns the served variant's payload if it is a boolean, else default.</summary>
        public bool PayloadBool(string key, bool @default, object actor = null, object groups = null, Attributes attributes = null,
            long? now = null, ulong? roll = null) =>
            (bool?)Gonfalon.Payload.Bool(Decide(key, actor, groups, attributes, now, roll).Payload) ?? @default;

        /// <summary>Returns the served variant's payload if it is a string, else default.</summary>
        public string PayloadString(string key, string @default, object actor = null, object groups = null, Attributes attributes = null,
            long? now = null, ulong? roll = null) =>
            (string)Gonfalon.Payload.String(Decide(key, actor, groups, attributes, now, roll).Payload) ?? @default;

        /// <summary>Returns the served variant's payload if it is a number without a fraction within ±2^53, else
        /// default.</summary>
        public long PayloadInt(string key, long @default, object actor = null, object groups = null, Attributes attributes = null,
            long? now = null, ulong? roll = null) =>
            (long?)Gonfalon.Payload.Int(Decide(key, actor, groups, attributes, now, roll).Payload) ?? @default;

        /// <summary>Returns the served variant's payload if it is a number, else default.</summary>
        public double PayloadFloat(string key, double @default, object actor = null, object groups = null, Attributes attributes = null,
            long? now = null, ulong? roll = null) =>
            (double?)Gonfalon.Payload.Float(Decide(key, actor, groups, attributes, now, roll).Payload) ?? @default;

        /// <summary>Returns the served variant's payload if it is an object, else default.</summary>
        public IReadOnlyDictionary<string, object> PayloadObject(string key, IReadOnlyDictionary<string, object> @default, object actor = null,
            object groups = null, Attributes attributes = null, long? now = null, ulong? roll = null) =>
            (IReadOnlyDictionary<string, object>)Gonfalon.Payload.Object(Decide(key, actor, groups, attributes, now, roll).Payload) ?? @default;

        /// <summary>Returns the whole decision about one flag.</summary>
        public Decision Decide(string key, object actor = null, object groups = null, Attributes attributes = null, long? now = null,
            ulong? roll = null)
        {
            var engine = Store.Engine;
            if (engine == null)
                return Undecided(key);
            try
            {
                var decision = engine.Decide(key, actor, groups, attributes, now, roll);
                if (!decision.Known)
                    Store.Mistakes.UnknownFlag(key);
                return decision;
            }
            catch (Exception error)
            {
                Failed(key, error);
                return Undecided(key, error, engine.Info);
            }
        }

        /// <summary>Returns the decisions about these flags, in their order, or about all flags, ascending by key. It
        /// takes one call into the engine per 1,024 flags.</summary>
        public IReadOnlyList<Decision> DecideAll(object actor = null, IEnumerable<string> keys = null, object groups = null,
            Attributes attributes = null, long? now = null, ulong? roll = null)
        {
            var engine = Store.Engine;
            string[] wanted = null;
            try
            {
                wanted = keys?.Take(MaxKeys + 1).ToArray();
                if (wanted?.Length > MaxKeys)
                {
                    wanted = new string[0];
                    throw new ArgumentException($"more than {MaxKeys} keys");
                }
                if (engine == null)
                    return (wanted ?? new string[0]).Select(key => Undecided(key)).ToArray();
                var decisions = engine.DecideAll(wanted, actor, groups, attributes, now, roll);
                foreach (var decision in decisions)
                    if (decision.Error != null)
                        Failed(decision.Key, decision.Error);
                    else if (!decision.Known)
                        Store.Mistakes.UnknownFlag(decision.Key);
                return decisions;
            }
            catch (Exception error)
            {
                Failed(null, error);
                return (keys == null ? Keys : wanted ?? new string[0]).Select(key => Undecided(key, error, engine?.Info)).ToArray();
            }
        }

        /// <summary>Returns the decision with every gate that the engine looked at. It is not counted as an
        /// evaluation. Where nothing could be decided, there are no steps.</summary>
        public Explanation Explain(string key, object actor = null, object groups = null, Attributes attributes = null, long? now = null,
            ulong? roll = null)
        {
            var engine = Store.Engine;
            if (engine == null)
                return new Explanation(Undecided(key), new Step[0], Store.Environment ?? "", null);
            try
            {
                var explanation = engine.Explain(key, actor, groups, attributes, now, roll);
                if (!explanation.Decision.Known)
                    Store.Mistakes.UnknownFlag(key);
                return explanation;
            }
            catch (Exception error)
            {
                Failed(key, error);
                return new Explanation(Undecided(key, error, engine.Info), new Step[0], engine.Info.Environment, engine.Info.Revision);
            }
        }

        /// <summary>The keys of all flags, ascending.</summary>
        public IReadOnlyList<string> Keys
        {
            get
            {
                try
                {
                    return Store.Engine?.Keys ?? new string[0];
                }
                catch (Exception error)
                {
                    Failed(null, error);
                    return new string[0];
                }
            }
        }

        /// <summary>Returns the bytes that serve now, to be kept as a bootstrap; null before the first.</summary>
        public byte[] Snapshot() => (byte[])Store.Engine?.Data.Clone();

        /// <summary>What the snapshot that serves says about itself; null before the first.</summary>
        public SnapshotInfo Info => Store.Engine?.Info;

        /// <summary>What the answers rest on.</summary>
        public State State => Status.State;

        /// <summary>The client's figures now.</summary>
        public Stats Stats => new Stats(Store, Status);

        /// <summary>Calls the listener on each StateChanged and FlagsChanged: one after another, in a thread of its own,
        /// so it may take its time. One that is a thousand events late misses some. What it throws is logged. Dispose what
        /// this returns to end that. TestFlags call their listeners before a change returns.</summary>
        public virtual IDisposable Subscribe(Action<EventArgs> listener) =>
            Status.Subscribe(listener ?? throw new ArgumentNullException(nameof(listener)));

        private void Failed(string key, Exception error)
        {
            if (error is ContextException)
            {
                Store.Mistakes.UnreadableContext(new[] { "something that can't be read: " + error.Message });
                return;
            }
            Store.CountBroken();
            Store.Mistakes.Failed(key, error);
        }

        private static Decision Undecided(string key, Exception error = null, SnapshotInfo info = null) =>
            new Decision(key, Packed.NotReady, revision: info?.Revision, error: error);
    }
}
