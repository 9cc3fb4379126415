using System;

namespace Gonfalon
{
    /// <summary>Why a decision is what it is. NotReady is a host's, before it has a snapshot.</summary>
    public enum Reason { UnknownFlag, Default, Static, TargetingMatch, Split, Killed, Prerequisite, NotReady }

    /// <summary>A kind of gate.</summary>
    public enum Gate
    {
        None, Boolean, Actor, Group, Rule, Segment, Schedule, PercentageOfActors, PercentageOfTime, Prerequisite, Kill
    }

    /// <summary>The packed decision of the module's ABI.</summary>
    internal static class Packed
    {
        internal const int Enabled = 1;
        internal const int Reason = 15 << 1;
        internal const int HasVariant = 1 << 26;
        internal const int HasTarget = 1 << 27;
        internal const int HasVariantGate = 1 << 28;
        internal const int IsFixed = 1 << 29;
        internal const int Exhausted = 1 << 30;
        internal const int NotReady = (int)Gonfalon.Reason.NotReady << 1;
        internal const int Scores = 65536;
    }

    /// <summary>A variant that was served: its name, and its payload as canonical JSON (empty if it has
    /// none).</summary>
    internal sealed class Variant
    {
        internal readonly string Name, Payload;

        internal Variant(string name, string payload)
        {
            Name = name;
            Payload = payload;
        }
    }

    /// <summary>The answer about one flag for one context.</summary>
    public sealed class Decision
    {
        private readonly Variant _variant;

        internal Decision(string key, int packed, Variant variant = null, string target = null, long? revision = null, Exception error = null)
        {
            Key = key;
            Packed = packed;
            _variant = variant;
            Target = target;
            Revision = revision;
            Error = error;
        }

        /// <summary>The flag's key.</summary>
        public string Key { get; }

        /// <summary>The decision as the module's ABI packs it.</summary>
        public int Packed { get; }

        /// <summary>The deciding gate's target: a group, segment, parent flag or actor; null if it has
        /// none.</summary>
        public string Target { get; }

        /// <summary>The revision of the snapshot that decided; null if there was none.</summary>
        public long? Revision { get; }

        /// <summary>What kept the engine from deciding, such as a context that can't be read. The reason is then
        /// NotReady.</summary>
        public Exception Error { get; }

        /// <summary>What the gates said; false while nothing is known.</summary>
        public bool Enabled => (Packed & Gonfalon.Packed.Enabled) != 0;

        /// <summary>Why. A newer engine's reason that has no name here is its number.</summary>
        public Reason Reason => (Reason)(Packed >> 1 & 15);

        /// <summary>The kind of gate that decided. A newer engine's gate that has no name here is its
        /// number.</summary>
        public Gate Gate => (Gate)(Packed >> 5 & 15);

        /// <summary>The gate that decided, with its target after a slash: group/staff; empty if none did.</summary>
        public string Path => string.IsNullOrEmpty(Target) ? Words.Of(Gate) : Words.Of(Gate) + "/" + Target;

        /// <summary>Whether a snapshot decided, and has the flag.</summary>
        public bool Known => Reason != Reason.UnknownFlag && Reason != Reason.NotReady;

        /// <summary>Whether the flag is killed: off, whatever its gates say.</summary>
        public bool Killed => Reason == Reason.Killed;

        /// <summary>Whether the flag has a variant gate, served or not.</summary>
        public bool HasVariants => (Packed & Gonfalon.Packed.HasVariantGate) != 0;

        /// <summary>Whether the flag's comparisons took too many steps over the context, so that it is off.</summary>
        public bool Exhausted => (Packed & Gonfalon.Packed.Exhausted) != 0;

        /// <summary>The actor's place in [0, 1) for this flag, which percentages and variants go by; null if it
        /// wasn't needed.</summary>
        public double? Score
        {
            get
            {
                var score = Packed >> 9 & 0x1ffff;
                return score == 0 ? (double?)null : (score - 1) / (double)Gonfalon.Packed.Scores;
            }
        }

        /// <summary>The name of the variant that was served. One is served to a disabled flag's actors,
        /// too.</summary>
        public string Variant => _variant?.Name;

        /// <summary>Whether the variant that was served has a payload.</summary>
        public bool HasPayload => !string.IsNullOrEmpty(_variant?.Payload);

        /// <summary>The served variant's payload: bool, string, long, double, List of object, or Dictionary of string
        /// and object, new at each call; null without one, or if it can't be read.</summary>
        public object Payload
        {
            get
            {
                if (!HasPayload)
                    return null;
                try
                {
                    return Json.Parse(_variant.Payload);
                }
                catch (FormatException)
                {
                    return null;
                }
            }
        }

        /// <summary>The flag's one value, as OpenFeature and every SDK have it; null for the caller's
        /// default.</summary>
        public object Value => Resolution.Of(this).Value;

        /// <summary>Describes the decision for people.</summary>
        public override string ToString()
        {
            var text = $"{Key} {(Enabled ? "on" : "off")} {Words.Of(Reason)}";
            if (Gate != Gate.None)
                text += " " + Path;
            return Variant == null ? text : text + " variant " + Variant;
        }
    }
}
