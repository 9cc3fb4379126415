using System.Collections.Generic;
using System.Linq;

namespace Gonfalon
{
    /// <summary>What a gate said.</summary>
    public enum Outcome { No, Yes, Deny, Pass, Fail, NotAsked }

    /// <summary>How a constraint compares.</summary>
    public enum Operator
    {
        Eq, Neq, In, NotIn, Contains, Gt, Gte, Lt, Lte, Matches, Never, SemverGte, SemverLt, StartsWith, EndsWith
    }

    /// <summary>One constraint of a rule or segment, and how it compared.</summary>
    public sealed class Comparison
    {
        internal Comparison(IReadOnlyList<object> written)
        {
            Attribute = (string)written[0];
            Operator = (Operator)(long)written[1];
            Values = (IReadOnlyList<object>)written[2];
            Actual = written[3];
            Held = (bool)written[4];
        }

        /// <summary>The attribute's name.</summary>
        public string Attribute { get; }

        /// <summary>The operator.</summary>
        public Operator Operator { get; }

        /// <summary>The constraint's values.</summary>
        public IReadOnlyList<object> Values { get; }

        /// <summary>The context's value; null if it is missing.</summary>
        public object Actual { get; }

        /// <summary>Whether it held.</summary>
        public bool Held { get; }
    }

    /// <summary>One gate that the engine looked at.</summary>
    public sealed class Step
    {
        // What a step's three numbers are, by gate.
        private static readonly Dictionary<Gate, string[]> Named = new Dictionary<Gate, string[]>
        {
            [Gate.None] = new[] { "exhausted" },
            [Gate.Actor] = new[] { "state" },
            [Gate.Group] = new[] { "state" },
            [Gate.Rule] = new[] { "score", "limit" },
            [Gate.Segment] = new[] { "score", "limit" },
            [Gate.Boolean] = new[] { "on" },
            [Gate.Schedule] = new[] { "from", "until", "now" },
            [Gate.PercentageOfActors] = new[] { "score", "limit" },
            [Gate.PercentageOfTime] = new[] { "draw", "limit" },
            [Gate.Prerequisite] = new[] { "required", "found" },
        };

        internal Step(IReadOnlyList<object> written)
        {
            Gate = (Gate)(long)written[0];
            Outcome = (Outcome)(long)written[1];
            Target = (string)written[2];
            var names = Named.TryGetValue(Gate, out var known) ? known : new string[0];
            Facts = names.Select((name, i) => new { name, value = (long?)written[3 + i] }).ToDictionary(f => f.name, f => f.value);
            var comparisons = (IReadOnlyList<object>)written[6] ?? new object[0];
            Comparisons = comparisons.Select(c => new Comparison((IReadOnlyList<object>)c)).ToArray();
        }

        /// <summary>The kind of gate.</summary>
        public Gate Gate { get; }

        /// <summary>What it said.</summary>
        public Outcome Outcome { get; }

        /// <summary>Its target; null if it has none.</summary>
        public string Target { get; }

        /// <summary>The numbers that it compared, by name: scores of 0 … 65535, draws of 1 … 10000, times in Unix
        /// microseconds; null: open, missing or not needed.</summary>
        public IReadOnlyDictionary<string, long?> Facts { get; }

        /// <summary>Its constraints.</summary>
        public IReadOnlyList<Comparison> Comparisons { get; }

        /// <summary>What the gate compared, in words.</summary>
        public string Detail => Words.Detail(this);

        /// <summary>Describes the step in a line.</summary>
        public override string ToString() =>
            $"{Words.Of(Gate),-20} {(string.IsNullOrEmpty(Target) ? "" : Words.Name(Target)),-16} {Words.Of(Outcome),-9} {Detail}";
    }

    /// <summary>A decision and the steps to it: every gate that the engine looked at, in order.</summary>
    public sealed class Explanation
    {
        internal Explanation(Decision decision, IReadOnlyList<Step> steps, string environment, long? revision)
        {
            Decision = decision;
            Steps = steps;
            Environment = environment;
            Revision = revision;
        }

        /// <summary>Reads the module's form: [packed, [[gate, outcome, target, a, b, c, details] …]].</summary>
        internal static Explanation Read(object written, Decision decision, SnapshotInfo info)
        {
            var steps = (IReadOnlyList<object>)((IReadOnlyList<object>)written)[1];
            return new Explanation(decision, steps.Select(s => new Step((IReadOnlyList<object>)s)).ToArray(), info.Environment, info.Revision);
        }

        /// <summary>The decision.</summary>
        public Decision Decision { get; }

        /// <summary>The gates that were looked at.</summary>
        public IReadOnlyList<Step> Steps { get; }

        /// <summary>The environment.</summary>
        public string Environment { get; }

        /// <summary>The revision that decided; null if there was none.</summary>
        public long? Revision { get; }

        /// <summary>Returns a table to read.</summary>
        public override string ToString()
        {
            var at = Revision == null ? "nothing loaded" : "revision " + Revision;
            var head = $"{Decision.Key ?? "null"} · {Environment} · {at} · {(Decision.Enabled ? "on" : "off")} · {Words.Of(Decision.Reason)}";
            if (Decision.Variant != null)
                head += " · variant " + Decision.Variant;
            return string.Join("\n", new[] { head }.Concat(Steps.Select(step => "  " + step)));
        }
    }
}
