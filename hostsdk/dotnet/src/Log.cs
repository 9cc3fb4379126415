using System;
using System.Globalization;
using System.Text;

namespace Gonfalon
{
    /// <summary>How much a line of the log matters.</summary>
    public enum LogLevel { Info, Warning, Error }

    /// <summary>The program's log, or warnings on standard error. One that throws keeps no decision from being
    /// made.</summary>
    internal sealed class Log
    {
        private const int Longest = 1000, LongestKey = 200; // characters of a line, and of a key in it

        private readonly Action<LogLevel, string> _write;
        private readonly Secret _secret;

        /// <summary>Makes a log in which a secret doesn't appear.</summary>
        internal Log(Action<LogLevel, string> write, Secret secret = null)
        {
            _write = write ?? ToStandardError;
            _secret = secret;
        }

        internal void Info(string message) => Write(LogLevel.Info, message);

        internal void Warn(string message) => Write(LogLevel.Warning, message);

        internal void Error(string message) => Write(LogLevel.Error, message);

        /// <summary>Returns the kind of an error, and what the innermost says. One of the program's own may throw instead
        /// of saying anything.</summary>
        internal static string Said(Exception error)
        {
            try
            {
                var deepest = error;
                while (deepest.InnerException != null)
                    deepest = deepest.InnerException;
                return $"{error.GetType().Name}: {deepest.Message}";
            }
            catch (Exception)
            {
                return error.GetType().Name;
            }
        }

        /// <summary>Returns the beginning of a text, on one line.</summary>
        internal static string Cut(string text) => Escaped(text, Longest, sign => !char.IsControl(sign));

        /// <summary>Returns the beginning of a program's or a server's word, in quotes and in ASCII.</summary>
        internal static string Quoted(string text) =>
            text == null ? "null" : "\"" + Escaped(text, LongestKey, sign => sign >= ' ' && sign < '\u007f' && sign != '"') + "\"";

        private static string Escaped(string text, int longest, Func<char, bool> plain)
        {
            var line = new StringBuilder();
            var whole = Values.Text(text.Length > longest ? text.Substring(0, longest) : text);
            foreach (var sign in whole)
                if (plain(sign)) line.Append(sign);
                else line.Append("\\u").Append(((int)sign).ToString("x4", CultureInfo.InvariantCulture));
            return text.Length > longest ? line.Append('…').ToString() : line.ToString();
        }

        internal void Write(LogLevel level, string message)
        {
            try
            {
                _write(level, Cut(_secret == null ? message : _secret.Hide(message)));
            }
            catch (Exception)
            {
                // There is nowhere to say it.
            }
        }

        private static void ToStandardError(LogLevel level, string message)
        {
            if (level != LogLevel.Info)
                Console.Error.WriteLine($"gonfalon: {message}");
        }
    }
}
