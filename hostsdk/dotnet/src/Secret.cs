using System;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Gonfalon
{
    /// <summary>The token, taken out of whatever a server says: as it is, percent-encoded, or in base64, in any case of
    /// letters.</summary>
    internal sealed class Secret
    {
        private const int Shortest = 8; // characters of a token: shorter ones are words, and no secret
        private readonly Regex _pattern; // null: there is nothing to take out

        internal Secret(string token)
        {
            if (token.Length >= Shortest)
                _pattern = new Regex(AnyForm(token), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }

        private static string AnyForm(string token)
        {
            var form = new StringBuilder();
            foreach (var sign in token)
                form.Append($"(?:{Regex.Escape(sign.ToString())}|%{(int)sign:x2})");
            // Beside other bytes, base64 depends on where the token begins; what is sure of it is in whole groups of
            // three bytes.
            var bytes = Encoding.UTF8.GetBytes(token);
            foreach (var skipped in Enumerable.Range(0, 3))
            {
                var written = Convert.ToBase64String(bytes, skipped, (bytes.Length - skipped) / 3 * 3);
                form.Append('|').Append(Regex.Escape(written)).Append('|').Append(Regex.Escape(written.Replace('+', '-').Replace('/', '_')));
            }
            return form.ToString();
        }

        /// <summary>Returns a text without the token.</summary>
        internal string Hide(string text) => _pattern == null || text == null ? text : _pattern.Replace(text, "[token]");
    }
}
