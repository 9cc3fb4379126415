using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;

namespace Gonfalon
{
    /// <summary>A frame that changes nothing; the old snapshot goes on serving.</summary>
    internal sealed class RefusedException : Exception
    {
        internal RefusedException(string message) : base(message) { }
    }

    /// <summary>The evaluations of one flag: how often, how often it was on, and Unix microseconds of the
    /// last.</summary>
    internal sealed class Count
    {
        internal long All, On, Last;
    }

    /// <summary>The snapshot that serves, swapped at once and never changed, and its copy on disk. Engine is read
    /// without a lock; frames are taken one at a time.</summary>
    internal sealed class Store
    {
        private static readonly string Unrecorded = new string('0', 32); // the lineage of a snapshot that no control plane made

        private readonly object _lock = new object();
        private readonly Status _status;
        private readonly Log _log;
        private readonly string _path;
        private volatile Engine _engine;
        private Dictionary<string, Count> _usage = new Dictionary<string, Count>(StringComparer.Ordinal);
        private long _refused, _broken, _traps;

        internal Store(string environment, Status status, Log log, string lastGood = null)
        {
            Environment = environment;
            Mistakes = new Mistakes(log);
            _status = status;
            _log = log;
            try
            {
                _path = lastGood == null ? null : Path.GetFullPath(lastGood);
            }
            catch (Exception error) when (IsOfFiles(error))
            {
                Mistakes.Tell($"LastGood {Json.Quoted(Log.Cut(lastGood))} is no path, and nothing is kept: {error.Message}");
            }
        }

        internal Engine Engine => _engine;

        internal string Environment { get; }

        internal Mistakes Mistakes { get; }

        /// <summary>When another snapshot began to serve, in Unix microseconds.</summary>
        internal long ServedAt { get; private set; }

        /// <summary>Snapshots taken from the source.</summary>
        internal long Taken { get; private set; }

        /// <summary>Frames that changed nothing.</summary>
        internal long Refused => Interlocked.Read(ref _refused);

        /// <summary>Decisions that the engine failed to make.</summary>
        internal long Broken => Interlocked.Read(ref _broken);

        /// <summary>Times that the engine stopped in the middle of a call.</summary>
        internal long Traps => Interlocked.Read(ref _traps);

        internal void CountBroken() => Interlocked.Increment(ref _broken);

        /// <summary>Serves the bootstrap or the last good snapshot, whichever is newer. A bootstrap that can't be
        /// used throws.</summary>
        internal void Start(byte[] bootstrap)
        {
            var first = bootstrap == null ? null : Load(bootstrap);
            var kept = ReadLastGood();
            if (first != null && kept != null && first.Info.Lineage == kept.Info.Lineage && first.Info.Revision > kept.Info.Revision)
                kept = null;
            if ((kept ?? first) != null)
                Serve(kept ?? first, confirmed: false);
        }

        /// <summary>Reads, serves and keeps a snapshot. Throws RefusedException if it may not be served: a lower
        /// revision may only if it supersedes the position of what serves.</summary>
        internal void TakeSnapshot(byte[] data, string supersedes = null) =>
            Take(() => _engine != null && data.SequenceEqual(_engine.Data) ? null : Read(data, supersedes));

        /// <summary>Reads, serves and keeps what a delta makes of the snapshot that serves.</summary>
        internal void TakeDelta(byte[] delta) => Take(() =>
        {
            if (_engine == null)
                throw new RefusedException("a delta without a snapshot to apply it to");
            byte[] spliced;
            try
            {
                spliced = _engine.Splice(delta);
            }
            catch (Exception error) when (error is LoadException || error is TrapException || error is RequestException)
            {
                throw new RefusedException("a delta that doesn't apply: " + error.Message);
            }
            return Read(spliced, null);
        });

        /// <summary>Counts a frame that couldn't even be read.</summary>
        internal void Refuse(string reason)
        {
            Interlocked.Increment(ref _refused);
            Mistakes.Refused(reason);
        }

        /// <summary>Says that the decisions of these flags can differ from now on, by the snapshot that
        /// serves.</summary>
        internal void Tell(IReadOnlyList<string> flags)
        {
            if (flags.Count > 0 && _engine is Engine engine)
                _status.Emit(new FlagsChanged(flags, engine.Info));
        }

        /// <summary>Puts an engine in place of the one that serves, as tests do.</summary>
        internal void Replace(Engine engine)
        {
            var retired = _engine;
            _engine = engine;
            retired?.Retire();
        }

        /// <summary>Returns the evaluations since the last time.</summary>
        internal Dictionary<string, Count> TakeUsage()
        {
            lock (_lock)
            {
                var taken = _usage;
                _usage = new Dictionary<string, Count>(StringComparer.Ordinal);
                if (_engine != null)
                    Merge(taken, _engine.TakeUsage());
                return taken;
            }
        }

        /// <summary>Keeps counts that couldn't be delivered for the next time.</summary>
        internal void PutUsageBack(IEnumerable<KeyValuePair<string, Count>> usage)
        {
            lock (_lock)
                foreach (var pair in usage)
                    Merge(_usage, pair.Key, pair.Value.All, pair.Value.On, pair.Value.Last);
        }

        // Listeners are called without the lock, since they may ask for what it guards.
        private void Take(Func<Engine> read)
        {
            Engine engine;
            try
            {
                lock (_lock)
                    engine = read();
            }
            catch (RefusedException error)
            {
                Refuse(error.Message);
                throw;
            }
            if (engine == null)
                return;
            Serve(engine, confirmed: true);
            Keep(engine.Data);
        }

        /// <summary>Swaps the snapshots and says what changed; confirmed: the source stands behind it.</summary>
        private void Serve(Engine engine, bool confirmed)
        {
            var changed = _status.Heard ? Records.Changed(_engine?.Data, engine.Data) : new string[0];
            lock (_lock)
            {
                var retired = _engine;
                _engine = engine;
                ServedAt = Engine.Now;
                if (retired != null)
                {
                    Merge(_usage, retired.TakeUsage());
                    retired.Retire();
                }
            }
            if (confirmed)
            {
                Taken++;
                _status.Contact();
            }
            else
            {
                _status.Loaded();
            }
            Tell(changed);
        }

        private Engine Read(byte[] data, string supersedes)
        {
            Engine engine;
            try
            {
                engine = Load(data);
            }
            catch (Exception error) when (IsUnusable(error))
            {
                throw new RefusedException(error.Message);
            }
            if (_engine == null || Replaces(_engine.Info, engine.Info, supersedes))
                return engine;
            engine.Retire();
            if (engine.Info.Id == _engine.Info.Id)
                return null;
            throw new RefusedException($"revision {engine.Info.Revision} is not above {_engine.Info.Revision}, which serves");
        }

        /// <summary>Reports whether a snapshot may take the place of what serves.</summary>
        private bool Replaces(SnapshotInfo old, SnapshotInfo now, string supersedes)
        {
            if (now.Id == old.Id)
                return false;
            if (supersedes == old.Position)
                _log.Warn($"environment {now.Environment} goes back: {now.Position} takes the place of {old.Position}");
            else if (now.Lineage == old.Lineage)
                // One that was made offline is taken as it comes: its revision means nothing.
                return now.Lineage == Unrecorded || now.Revision > old.Revision;
            else
                _log.Warn($"environment {now.Environment} has another lineage: {now.Position}, was {old.Position}");
            return true;
        }

        private Engine Load(byte[] data)
        {
            var engine = new Engine(data, Mistakes, trap =>
            {
                Interlocked.Increment(ref _traps);
                _log.Error("the engine trapped and was loaded again from the snapshot that serves: " + trap.Message);
            });
            if (Environment != null && engine.Info.Environment != Environment)
            {
                engine.Retire();
                throw new InvalidDataException($"a snapshot of environment \"{engine.Info.Environment}\", not of \"{Environment}\"");
            }
            if (engine.Info.Unreadable > 0)
                _log.Warn($"a newer control plane wrote {engine.Info.Unreadable} records that this engine can't read; such flags are off, and so " +
                    "are those that require them");
            return engine;
        }

        private static bool IsUnusable(Exception error) =>
            error is LoadException || error is TrapException || error is RequestException || error is InvalidDataException;

        private Engine ReadLastGood()
        {
            if (_path == null)
                return null;
            try
            {
                return Load(SnapshotFile.Read(_path));
            }
            catch (Exception error) when (error is FileNotFoundException || error is DirectoryNotFoundException)
            {
                return null; // the first start
            }
            catch (Exception error) when (IsUnusable(error) || IsOfFiles(error))
            {
                _log.Warn($"the last good snapshot {_path} is ignored: {error.Message}");
                return null;
            }
        }

        /// <summary>Writes the last good snapshot whole or not at all. Failing to do so is logged: it is no reason to
        /// stop serving.</summary>
        private void Keep(byte[] data)
        {
            if (_path == null)
                return;
            try
            {
                SnapshotFile.Write(_path, data);
            }
            catch (Exception error) when (IsOfFiles(error))
            {
                Mistakes.Tell($"the last good snapshot can't be written to {_path}: {error.Message}");
            }
        }

        private static bool IsOfFiles(Exception error) =>
            error is IOException || error is UnauthorizedAccessException || error is InvalidDataException || error is ArgumentException ||
            error is NotSupportedException || error is System.Security.SecurityException;

        private static void Merge(Dictionary<string, Count> into, Dictionary<string, long[]> usage)
        {
            foreach (var pair in usage)
                Merge(into, pair.Key, pair.Value[0], pair.Value[1], Engine.Now);
        }

        private static void Merge(Dictionary<string, Count> into, string key, long all, long on, long last)
        {
            if (!into.TryGetValue(key, out var known))
                into[key] = known = new Count();
            known.All += all;
            known.On += on;
            known.Last = Math.Max(known.Last, last);
        }
    }
}
