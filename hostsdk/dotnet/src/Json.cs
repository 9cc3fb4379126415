using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Gonfalon
{
    /// <summary>A strict reader of JSON, by RFC 8259, and a writer of its texts. netstandard2.0 has
    /// neither.
    /// <para>Why: RATIONALE.md "Why does .NET read JSON by itself?"</para></summary>
    internal sealed class Json
    {
        private const int MaxDepth = 1000;
        private readonly string _text;
        private int _at;

        private Json(string text) => _text = text;

        /// <summary>Returns null, bool, string, long, double, List or Dictionary. An integer beyond ±2^53 is the
        /// nearest float. Throws FormatException for anything that isn't JSON.</summary>
        internal static object Parse(string text)
        {
            var reader = new Json(text);
            reader.Space();
            var value = reader.Value(0);
            reader.Space();
            return reader._at == text.Length ? value : throw reader.Wrong("the end");
        }

        /// <summary>Returns a text as JSON writes it.</summary>
        internal static string Quoted(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (var sign in Values.Text(text))
            {
                if (sign == '"' || sign == '\\') quoted.Append('\\').Append(sign);
                else if (sign < ' ') quoted.Append("\\u").Append(((int)sign).ToString("x4", CultureInfo.InvariantCulture));
                else quoted.Append(sign);
            }
            return quoted.Append('"').ToString();
        }

        /// <summary>Returns a value as JSON: null, a boolean, a text, a number, a list or a map, whose keys
        /// ascend.</summary>
        internal static string Written(object value)
        {
            if (value == null)
                return "null";
            if (value is bool yes)
                return yes ? "true" : "false";
            if (value is string text)
                return Quoted(text);
            if (value is double number)
                return Words.Number(number);
            if (value is IEnumerable<KeyValuePair<string, object>> map)
                return "{" + string.Join(",", map.Select(pair => Quoted(pair.Key) + ":" + Written(pair.Value))) + "}";
            if (value is IEnumerable list)
                return "[" + string.Join(",", list.Cast<object>().Select(Written)) + "]";
            return Convert.ToString(value, CultureInfo.InvariantCulture);
        }

        private object Value(int depth)
        {
            if (depth > MaxDepth)
                throw Wrong($"at most {MaxDepth} lists and objects in one another");
            switch (Peek())
            {
                case '{': return Object(depth);
                case '[': return Array(depth);
                case '"': return Text();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return Number();
            }
        }

        private Dictionary<string, object> Object(int depth)
        {
            var found = new Dictionary<string, object>(StringComparer.Ordinal);
            _at++;
            Space();
            if (Take('}'))
                return found;
            do
            {
                Space();
                var key = Peek() == '"' ? Text() : throw Wrong("a key");
                Space();
                Expect(':');
                Space();
                found[key] = Value(depth + 1);
                Space();
            } while (Take(','));
            Expect('}');
            return found;
        }

        private List<object> Array(int depth)
        {
            var found = new List<object>();
            _at++;
            Space();
            if (Take(']'))
                return found;
            do
            {
                Space();
                found.Add(Value(depth + 1));
                Space();
            } while (Take(','));
            Expect(']');
            return found;
        }

        private string Text()
        {
            var text = new StringBuilder();
            _at++;
            while (true)
            {
                var sign = Peek();
                if (sign < ' ')
                    throw Wrong("the rest of a text");
                _at++;
                if (sign == '"')
                    return Values.Text(text.ToString());
                text.Append(sign == '\\' ? Escaped() : sign);
            }
        }

        private char Escaped()
        {
            var sign = Peek();
            _at++;
            switch (sign)
            {
                case '"': case '\\': case '/': return sign;
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u': return Unit();
                default: _at--; throw Wrong("an escape");
            }
        }

        private char Unit()
        {
            var unit = 0;
            for (var i = 0; i < 4; i++, _at++)
            {
                var digit = "0123456789abcdef".IndexOf(char.ToLowerInvariant(Peek()));
                unit = digit >= 0 ? unit << 4 | digit : throw Wrong("a hexadecimal digit");
            }
            return (char)unit;
        }

        private object Number()
        {
            var start = _at;
            Take('-');
            if (!Take('0'))
                Digits();
            var whole = true;
            if (Take('.'))
            {
                whole = false;
                Digits();
            }
            if (Take('e') || Take('E'))
            {
                whole = false;
                if (!Take('-'))
                    Take('+');
                Digits();
            }
            var digits = _text.Substring(start, _at - start);
            var nearest = Float(digits);
            return whole && digits.Length < 18 && Math.Abs(nearest) <= Values.Exact ? Exact(digits, nearest) : nearest;
        }

        private static object Exact(string digits, double nearest)
        {
            var whole = long.Parse(digits, CultureInfo.InvariantCulture);
            return Math.Abs(whole) <= (long)Values.Exact ? (object)whole : nearest;
        }

        internal static double Float(string digits)
        {
            try
            {
                return double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            }
            catch (OverflowException) // older runtimes; newer ones return an infinity
            {
                return digits[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            }
        }

        private void Digits()
        {
            if (Peek() < '0' || Peek() > '9')
                throw Wrong("a digit");
            while (_at < _text.Length && _text[_at] >= '0' && _text[_at] <= '9')
                _at++;
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
                throw Wrong(word);
            _at += word.Length;
            return value;
        }

        private void Space()
        {
            while (_at < _text.Length && " \t\r\n".IndexOf(_text[_at]) >= 0)
                _at++;
        }

        private char Peek() => _at < _text.Length ? _text[_at] : throw Wrong("more");

        private bool Take(char sign)
        {
            if (_at >= _text.Length || _text[_at] != sign)
                return false;
            _at++;
            return true;
        }

        private void Expect(char sign)
        {
            if (!Take(sign))
                throw Wrong(sign.ToString());
        }

        private FormatException Wrong(string wanted) => new FormatException($"JSON: {wanted} wanted at {_at}");
    }
}
