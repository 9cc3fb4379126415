using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;

namespace Gonfalon
{
    /// <summary>What programs ask that is probably not what they mean. It is counted, and logged once.</summary>
    internal sealed class Mistakes
    {
        private const int Most = 1000; // different mistakes that are remembered, so that each is logged once; later ones are only counted

        private readonly ConcurrentDictionary<string, bool> _told = new ConcurrentDictionary<string, bool>();
        private readonly ConcurrentDictionary<string, bool> _refused = new ConcurrentDictionary<string, bool>(); // a server's doing, which leaves room for the program's
        private readonly Log _log;
        private long _unknown, _unreadable;

        internal Mistakes(Log log) => _log = log;

        /// <summary>Decisions about unknown flags.</summary>
        internal long Unknown => Interlocked.Read(ref _unknown);

        /// <summary>Decisions whose context has something that can't be read.</summary>
        internal long Unreadable => Interlocked.Read(ref _unreadable);

        /// <summary>Notes a decision about a flag that the snapshot doesn't have.</summary>
        internal void UnknownFlag(string key)
        {
            Interlocked.Increment(ref _unknown);
            if (_told.Count < Most)
                Tell($"there is no flag {Log.Quoted(key)}: it is off");
        }

        /// <summary>Notes decisions whose context has parts that can't be read.</summary>
        internal void UnreadableContext(IEnumerable<string> wrong, int decisions = 1)
        {
            Interlocked.Add(ref _unreadable, decisions);
            foreach (var what in wrong)
                Tell($"a context has {what}: see the table of contexts in the documentation");
        }

        /// <summary>Notes a decision that failed.</summary>
        internal void Failed(string key, Exception error)
        {
            var kind = Log.Said(error);
            if (IsNew(_told, kind))
                _log.Error($"{Log.Quoted(key)} can't be decided, the caller gets the default: {kind}");
        }

        /// <summary>Notes something that isn't as it should be.</summary>
        internal void Tell(string message)
        {
            if (IsNew(_told, message))
                _log.Warn(message);
        }

        /// <summary>Notes a frame that was refused.</summary>
        internal void Refused(string why)
        {
            if (IsNew(_refused, why))
                _log.Warn("a frame was refused: " + why);
        }

        private static bool IsNew(ConcurrentDictionary<string, bool> known, string message) =>
            known.Count < Most && known.TryAdd(Log.Cut(message), true);
    }
}
