using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Gonfalon
{
    /// <summary>What a step of an explanation compared, in words: those of wasm/ABI.md, the same in every
    /// language.</summary>
    internal static class Words
    {
        private const int Draws = 10000;
        private const int Longest = 80;
        private static readonly Regex Plain = new Regex(@"\A[A-Za-z0-9_.:@/-]+\z", RegexOptions.CultureInvariant);

        /// <summary>Returns the contract's word for a name: TARGETING_MATCH for a reason or a state,
        /// percentage_of_actors for others.</summary>
        internal static string Of(Enum name)
        {
            if (name.Equals(Gate.None))
                return "";
            var words = Regex.Replace(name.ToString(), "(?<=[a-z])(?=[A-Z])", "_");
            var upper = name is Reason || name is State;
            if (char.IsDigit(words[0]) || words[0] == '-')
                return $"{name.GetType().Name.ToLowerInvariant()} {words}"; // a newer engine's, which has no name here
            return upper ? words.ToUpperInvariant() : words.ToLowerInvariant();
        }

        /// <summary>Says what the step's gate compared.</summary>
        internal static string Detail(Step step)
        {
            var facts = step.Facts;
            if (step.Outcome == Outcome.NotAsked)
                return step.Gate == Gate.Rule || step.Gate == Gate.Segment ? "the context is empty" : "there is no actor";
            switch (step.Gate)
            {
                case Gate.None:
                    return facts["exhausted"] == null
                        ? "a newer build wrote this flag, and this one can't read it"
                        : "the comparisons took too many steps over this context";
                case Gate.Actor: return Named(step.Outcome, "named", "not named");
                case Gate.Group: return Named(step.Outcome, "a member", "in none of the flag's groups");
                case Gate.Rule:
                case Gate.Segment: return Rule(step);
                case Gate.Boolean: return OnOff(facts["on"]);
                case Gate.Schedule: return $"{Window(facts["from"], facts["until"])}, and it is {Moment(facts["now"] ?? 0)}";
                case Gate.PercentageOfActors: return Share(facts["score"], facts["limit"], "actors");
                case Gate.PercentageOfTime: return Draw(facts["draw"] ?? 0, facts["limit"] ?? 0);
                case Gate.Prerequisite: return Prerequisite(step.Outcome, facts["required"], facts["found"]);
                case Gate.Kill: return "the flag is killed";
                default: return "";
            }
        }

        /// <summary>Returns the name of an attribute or a target, in quotes unless it is a plain word.</summary>
        internal static string Name(string text) => Plain.IsMatch(text) ? text : Quoted(text);

        private static string Named(Outcome outcome, string how, string not)
        {
            if (outcome == Outcome.Yes)
                return how + ", and allowed";
            return outcome == Outcome.Deny ? how + ", and denied" : not;
        }

        private static string Prerequisite(Outcome outcome, long? required, long? found)
        {
            var state = found == null ? "missing"
                : found == 0 ? "off"
                : found == 1 ? "on"
                : "in a cycle, too deep, too costly, or unreadable";
            return outcome == Outcome.Pass ? state + ", as required" : $"{state}, but must be {OnOff(required)}";
        }

        private static string Rule(Step step)
        {
            var told = new List<string>();
            foreach (var comparison in step.Comparisons)
            {
                told.Add(Constraint(comparison));
                if (!comparison.Held)
                    return string.Join(" and ", told);
            }
            if (step.Facts["limit"] != null)
                told.Add(Share(step.Facts["score"], step.Facts["limit"], "them"));
            return string.Join(" and ", told);
        }

        private static string Constraint(Comparison c)
        {
            var single = c.Values.Count == 1 && c.Operator != Operator.In && c.Operator != Operator.NotIn;
            var text = $"{Name(c.Attribute)} {Of(c.Operator)} {Short(single ? c.Values[0] : c.Values)}";
            if (c.Held)
                return text;
            return c.Actual == null ? text + ": it is missing" : $"{text}: it is {Short(c.Actual)}";
        }

        private static string OnOff(long? value) => value == 1 ? "on" : "off";

        private static string Sign(long n, long limit) => n > limit ? ">" : "≤";

        private static string Draw(long draw, long limit) =>
            $"{Percent(limit, Draws)}% of the time: drew {draw} {Sign(draw, limit)} {limit} of 10000";

        private static string Share(long? score, long? limit, string of)
        {
            var most = limit ?? 0;
            var text = $"{Percent(most, Packed.Scores)}% of {of}";
            return score == null
                ? text + ": there is no actor"
                : $"{text}: score {Place(score.Value)} {Sign(score.Value, most)} {Place(most)}";
        }

        /// <summary>Returns the roundest percentage that grants what is at most n of the whole.</summary>
        private static string Percent(long n, long whole)
        {
            long power = 1;
            for (var decimals = 0; ; decimals++, power *= 10)
            {
                var rounded = (n * 100 * power + whole - 1) / whole;
                if (rounded * whole < (n + 1) * 100 * power || decimals == 6)
                    return Decimal(rounded, decimals);
            }
        }

        /// <summary>Returns a score as a place in [0, 1), to four decimals.</summary>
        private static string Place(long score) => Decimal((score * 10000 + Packed.Scores / 2) / Packed.Scores, 4);

        private static string Decimal(long n, int decimals)
        {
            var digits = n.ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
            return decimals == 0 ? digits : digits.Insert(digits.Length - decimals, ".");
        }

        private static string Window(long? from, long? until)
        {
            if (from == null)
                return until == null ? "always open" : "until " + Moment(until.Value);
            return until == null ? $"from {Moment(from.Value)} on" : $"from {Moment(from.Value)} until {Moment(until.Value)}";
        }

        /// <summary>Returns a time in Unix microseconds, for people.</summary>
        private static string Moment(long at)
        {
            const long first = -62135596800000000, last = 253402300799999999; // the years 1 to 9999
            return at < first || at > last
                ? at.ToString(CultureInfo.InvariantCulture) + " µs"
                : Values.Moment(new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(at * 10));
        }

        /// <summary>Returns a value as JSON, cut if it is long. Its length counts code points, as in every
        /// language.</summary>
        private static string Short(object value)
        {
            var text = new ByCodePoint(Written(value));
            return text.Length <= Longest ? text.Whole : text.First(Longest - 1) + "…";
        }

        private static string Written(object value)
        {
            if (value == null)
                return "null";
            if (value is bool yes)
                return yes ? "true" : "false";
            if (value is double number)
                return Number(number);
            if (value is string text)
                return Quoted(text);
            if (value is IReadOnlyDictionary<string, object> map)
                return "{" + string.Join(", ", map.Select(p => $"{Quoted(p.Key)}: {Written(p.Value)}")) + "}";
            if (value is IReadOnlyList<object> list)
                return "[" + string.Join(", ", list.Select(Written)) + "]";
            return Convert.ToString(value, CultureInfo.InvariantCulture);
        }

        /// <summary>Returns a float as JavaScript writes it: the shortest digits that stand for it.</summary>
        internal static string Number(double value)
        {
            if (value == 0 || double.IsNaN(value) || double.IsInfinity(value))
                return value.ToString("R", CultureInfo.InvariantCulture).Replace("-0", "0");
            var sign = value < 0 ? "-" : "";
            Shortest(Math.Abs(value), out var digits, out var exponent);
            if (exponent > 20 || exponent < -6)
            {
                var fraction = digits.Length > 1 ? "." + digits.Substring(1) : "";
                return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}";
            }
            if (exponent < 0)
                return sign + "0." + new string('0', -exponent - 1) + digits;
            if (digits.Length <= exponent + 1)
                return sign + digits.PadRight(exponent + 1, '0');
            return sign + digits.Insert(exponent + 1, ".");
        }

        /// <summary>Finds the fewest digits that are read as the same float, d.ddd × 10^exponent.</summary>
        private static void Shortest(double value, out string digits, out int exponent)
        {
            for (var precision = 0; ; precision++)
            {
                var text = value.ToString("E" + precision, CultureInfo.InvariantCulture);
                if (precision < 16 && Json.Float(text) != value)
                    continue;
                var at = text.IndexOf('E');
                digits = text.Substring(0, at).Replace(".", "").TrimEnd('0');
                exponent = int.Parse(text.Substring(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                return;
            }
        }

        /// <summary>Returns a text as a JSON string in which whatever could change how a line is shown is
        /// escaped.</summary>
        private static string Quoted(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (var sign in text)
            {
                switch (sign)
                {
                    case '"': quoted.Append("\\\""); break;
                    case '\\': quoted.Append("\\\\"); break;
                    case '\n': quoted.Append("\\n"); break;
                    case '\t': quoted.Append("\\t"); break;
                    case '\r': quoted.Append("\\r"); break;
                    default: quoted.Append(IsShown(sign) ? sign.ToString() : $"\\u{(int)sign:x4}"); break;
                }
            }
            return quoted.Append('"').ToString();
        }

        private static bool IsShown(char sign) =>
            sign >= ' ' && !(sign >= '\u007f' && sign <= '\u009f') && !(sign >= '\u200b' && sign <= '\u200f') &&
            !(sign >= '\u2028' && sign <= '\u202e') && !(sign >= '\u2060' && sign <= '\u2069') && sign != '\ufeff';

        /// <summary>A text by its code points.</summary>
        private struct ByCodePoint
        {
            internal readonly string Whole;

            internal ByCodePoint(string whole) => Whole = whole;

            internal int Length => Whole.Count(unit => !char.IsLowSurrogate(unit));

            internal string First(int points)
            {
                var at = 0;
                for (; points > 0; points--)
                    at += char.IsHighSurrogate(Whole[at]) ? 2 : 1;
                return Whole.Substring(0, at);
            }
        }
    }
}
