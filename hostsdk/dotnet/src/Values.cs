using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gonfalon
{
    /// <summary>A context's values, as the engine reads them. The mapping is the same in every SDK: a float without a
    /// fraction within ±2^53 is an integer, integers of any size stay exact, what isn't valid Unicode becomes U+FFFD,
    /// times are ISO 8601 in UTC, and what has no place in the engine's values (NaN, objects …) is null.</summary>
    internal static class Values
    {
        internal const int MaxAttributes = 256; // of a request, by the module's ABI
        internal const int MaxDepth = 16; // of lists and maps in one another: nobody targets deeper, and it bounds the work
        internal const int MaxItems = 100000; // of lists and maps in one value, and attributes: an enumerator may have no end, and a count may lie
        internal const double Exact = 1L << 53; // up to here a float holds every integer
        private const int MaxTooLarge = 16; // attributes that are each too large: a sequence of them may have no end, either
        private const int MaxIntegerBytes = 1 << 14; // 39,000 digits: writing more takes time that grows with their square

        /// <summary>Stands for an attribute that is larger than a request may be: what looks at it can't be
        /// decided.</summary>
        internal static readonly object TooLarge = new object();

        /// <summary>Returns the attributes by name, in the engine's values. A value that can't be read is null, and
        /// noted in wrong.</summary>
        internal static Dictionary<string, object> Attributes(IEnumerable<KeyValuePair<string, object>> given, ICollection<string> wrong)
        {
            var mapped = new Dictionary<string, object>(StringComparer.Ordinal);
            if (given == null)
                return mapped;
            var count = 0;
            var size = 0L;
            foreach (var pair in given)
            {
                if (++count > MaxItems)
                    throw new ContextException($"there are more than {MaxItems} attributes");
                if (pair.Key == null)
                {
                    wrong.Add("null as an attribute's name");
                    continue;
                }
                object value = null;
                var taken = new Room();
                try
                {
                    value = Map(pair.Value, 0, taken);
                }
                catch (Exception) when (taken.IsFull)
                {
                    value = TooLarge;
                }
                catch (Exception error)
                {
                    wrong.Add($"an attribute of {pair.Value?.GetType().Name}{(error is ContextException ? " with " + error.Message : ", which throws " + error.GetType().Name)}");
                }
                size += value == TooLarge ? Native.MaxBytes / MaxTooLarge : taken.Size + pair.Key.Length;
                if (size > Native.MaxBytes)
                    throw new ContextException($"there are more than {Native.MaxBytes} bytes of attributes");
                mapped[Text(pair.Key)] = value; // the later of two counts
            }
            return mapped;
        }

        /// <summary>Returns a text in which each code unit that isn't valid Unicode is U+FFFD.</summary>
        internal static string Text(string text)
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (!char.IsSurrogate(text[i]))
                    continue;
                if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                    i++;
                else
                    return Replaced(text);
            }
            return text;
        }

        private static string Replaced(string text)
        {
            var replaced = new StringBuilder(text);
            for (var i = 0; i < text.Length; i++)
            {
                if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                    i++;
                else if (char.IsSurrogate(text[i]))
                    replaced[i] = '\uFFFD';
            }
            return replaced.ToString();
        }

        /// <summary>Returns one value as the engine reads it: null, bool, long, BigInteger, double, string, List or
        /// SortedDictionary. depth counts the lists and maps around it.</summary>
        internal static object Map(object value, int depth, Room room)
        {
            if (value == null || value is bool)
                return value;
            if (value is string text)
                return Text(room.Take(text));
            if (value is char sign)
                return Text(sign.ToString());
            if (Whole(value, out var whole))
                return Integer(whole);
            if (value is double || value is float)
                return Number(Convert.ToDouble(value, CultureInfo.InvariantCulture));
            if (value is decimal number)
                return decimal.Truncate(number) == number ? Integer(new BigInteger(number)) : Number((double)number);
            if (value is DateTimeOffset moment)
                return Moment(moment.UtcDateTime);
            if (value is DateTime time)
                return Moment(time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time);
            if (value is Guid guid)
                return guid.ToString("D");
            if (value is byte[])
                return null;
            if (value is IEnumerable<KeyValuePair<string, object>> map)
                return depth < MaxDepth ? Mapping(map, depth, room) : null;
            if (value is IDictionary other)
                return depth < MaxDepth ? Mapping(Pairs(other, room), depth, room) : null;
            return value is IList list && depth < MaxDepth ? Listed(list, depth, room) : null;
        }

        /// <summary>Reports whether a value is an integer of any type, and which.</summary>
        internal static bool Whole(object value, out BigInteger whole)
        {
            whole = default(BigInteger);
            if (value is int small)
                whole = small;
            else if (value is long || value is short || value is sbyte || value is byte || value is ushort || value is uint)
                whole = Convert.ToInt64(value, CultureInfo.InvariantCulture);
            else if (value is ulong unsigned)
                whole = unsigned;
            else if (value is BigInteger big)
                whole = big;
            else
                return false;
            return true;
        }

        /// <summary>Returns an integer's digits; null for one that takes too long to write.</summary>
        internal static string Digits(BigInteger whole) =>
            whole.ToByteArray().Length > MaxIntegerBytes ? null : whole.ToString(CultureInfo.InvariantCulture);

        private static object Integer(BigInteger whole)
        {
            if (whole >= long.MinValue && whole <= long.MaxValue)
                return (long)whole;
            return whole.ToByteArray().Length > MaxIntegerBytes ? null : (object)whole;
        }

        private static object Number(double number)
        {
            if (double.IsNaN(number) || double.IsInfinity(number))
                return null;
            return IsWhole(number) ? (object)(long)number : number;
        }

        /// <summary>Reports whether a float has no fraction and lies where integers and floats agree in every
        /// language.</summary>
        internal static bool IsWhole(double number) => Math.Abs(number) <= Exact && Math.Floor(number) == number;

        private static object Listed(IList list, int depth, Room room)
        {
            var mapped = new List<object>(); // and counted: what a list says of its size may be wrong
            foreach (var item in list)
            {
                room.Count();
                mapped.Add(Map(item, depth + 1, room));
            }
            return mapped;
        }

        private static object Mapping(IEnumerable<KeyValuePair<string, object>> map, int depth, Room room)
        {
            if (map == null)
                return null;
            var mapped = new SortedDictionary<string, object>(Utf8Order.Instance);
            foreach (var pair in map)
            {
                room.Count();
                if (pair.Key == null)
                    return null;
                mapped[Text(room.Take(pair.Key))] = Map(pair.Value, depth + 1, room);
            }
            return mapped;
        }

        /// <summary>Returns the pairs of a map of any type; null if a key is no string.</summary>
        private static IEnumerable<KeyValuePair<string, object>> Pairs(IDictionary map, Room room)
        {
            var pairs = new List<KeyValuePair<string, object>>();
            foreach (DictionaryEntry entry in map)
            {
                room.Count();
                if (!(entry.Key is string))
                    return null;
                pairs.Add(new KeyValuePair<string, object>((string)entry.Key, entry.Value));
            }
            return pairs;
        }

        /// <summary>Returns ISO 8601 in UTC, without trailing zeros. A time that doesn't say of which zone it is
        /// counts as UTC.</summary>
        internal static string Moment(DateTime utc)
        {
            var microseconds = utc.Ticks % TimeSpan.TicksPerSecond / 10;
            var fraction = microseconds == 0 ? "" : "." + microseconds.ToString("D6", CultureInfo.InvariantCulture).TrimEnd('0');
            return utc.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + fraction + "Z";
        }
    }

    /// <summary>How much one value may have in it.</summary>
    internal sealed class Room
    {
        private int _items;

        /// <summary>What the items and texts so far take at least, in bytes.</summary>
        internal long Size { get; private set; }

        /// <summary>Whether that is more than a request may have.</summary>
        internal bool IsFull => Size > Native.MaxBytes;

        /// <summary>Counts an item. Throws ContextException if it is one too many.</summary>
        internal void Count()
        {
            Size++;
            if (++_items > Values.MaxItems)
                throw new ContextException($"more than {Values.MaxItems} items");
        }

        /// <summary>Returns a text, if there is room for it. Throws ContextException if there isn't.</summary>
        internal string Take(string text)
        {
            Size += text.Length;
            return IsFull ? throw new ContextException($"more than {Native.MaxBytes} bytes") : text;
        }
    }

    /// <summary>Orders texts as their bytes in UTF-8 do.</summary>
    internal sealed class Utf8Order : IComparer<string>
    {
        internal static readonly Utf8Order Instance = new Utf8Order();

        public int Compare(string a, string b)
        {
            for (var i = 0; i < a.Length && i < b.Length; i++)
                if (a[i] != b[i])
                    return Rank(a[i]) - Rank(b[i]);
            return a.Length - b.Length;
        }

        // Surrogates stand for what comes after all other code units.
        private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
    }
}
