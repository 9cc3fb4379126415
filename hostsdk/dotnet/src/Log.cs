using System;

namespace Gonfalon
{
    /// <summary>How much a line of the log matters.</summary>
    public enum LogLevel { Info, Warning, Error }

    /// <summary>The program's log, or warnings on standard error. One that throws keeps no decision from being
    /// made.</summary>
    internal sealed class Log
    {
        private readonly Action<LogLevel, string> _write;

        internal Log(Action<LogLevel, string> write) => _write = write ?? ToStandardError;

        internal void Info(string message) => Write(LogLevel.Info, message);

        internal void Warn(string message) => Write(LogLevel.Warning, message);

        internal void Error(string message) => Write(LogLevel.Error, message);

        internal void Write(LogLevel level, string message)
        {
            try
            {
                _write(level, message);
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
