using System;
using System.IO;
using System.Net.Http;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Gonfalon
{
    /// <summary>How patient a client is. The defaults are every SDK's.</summary>
    public sealed class Pace
    {
        /// <summary>The pause before the first new attempt; doubled each time.</summary>
        public TimeSpan Backoff { get; set; } = TimeSpan.FromSeconds(0.5);

        /// <summary>The longest pause between two attempts.</summary>
        public TimeSpan Longest { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>The time between two reports of usage.</summary>
        public TimeSpan Usage { get; set; } = TimeSpan.FromSeconds(60);

        /// <summary>The time for the last report, on close.</summary>
        public TimeSpan Farewell { get; set; } = TimeSpan.FromSeconds(2);
    }

    /// <summary>The pause before the next attempt: exponential, ±50 % jitter.</summary>
    internal sealed class Backoff
    {
        private readonly Pace _pace;
        private readonly Func<double> _chance;
        private int _attempts;

        internal Backoff(Pace pace, Func<double> chance = null)
        {
            _pace = pace;
            _chance = chance ?? Chance.Next;
        }

        internal void Reset() => _attempts = 0;

        /// <summary>Returns the time to wait after an attempt failed. What the server asked for can only make it
        /// more.</summary>
        internal TimeSpan Delay(Exception error, TimeSpan? asked = null)
        {
            var step = Math.Min(_pace.Backoff.TotalSeconds * Math.Pow(2, Math.Min(_attempts++, 30)), _pace.Longest.TotalSeconds);
            if (error is WireException wire)
            {
                asked = wire.RetryAfter ?? asked;
                if (wire.IsRefusal)
                    step = _pace.Longest.TotalSeconds;
            }
            var least = (asked ?? TimeSpan.Zero).TotalSeconds * (1 + _chance() / 10);
            return Chance.Seconds(Math.Max(step * (0.5 + _chance()), least));
        }
    }

    /// <summary>A number in [0, 1), for any thread.</summary>
    internal static class Chance
    {
        private const double ForEver = 1e11; // seconds: three thousand years, and still far from the longest TimeSpan

        internal static double Next() => (Random64.Next() >> 11) / (double)(1L << 53);

        /// <summary>Returns a time with a jitter of ±10 %.</summary>
        internal static TimeSpan Jittered(TimeSpan time) => Seconds(time.TotalSeconds * (0.9 + Next() / 5));

        /// <summary>Returns a time of so many seconds, or as good as for ever: a program may say one that is as long as can
        /// be.</summary>
        internal static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, ForEver));
    }

    /// <summary>Keeps a store current, until it is stopped. What the sources have in common.</summary>
    internal abstract class Source
    {
        protected readonly Store Store;
        protected readonly Status Status;
        protected readonly Backoff Backoff;
        private readonly Log _log;

        protected Source(Store store, Status status, Pace pace, Log log)
        {
            Store = store;
            Status = status;
            Backoff = new Backoff(pace);
            _log = log;
        }

        internal async Task Run(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                var wait = await Follow(stop).ConfigureAwait(false);
                for (; wait > Status.Longest; wait -= Status.Longest) // a timer has an end
                    await Task.Delay(Status.Longest, stop).ConfigureAwait(false);
                await Task.Delay(wait, stop).ConfigureAwait(false);
            }
        }

        /// <summary>Follows the source for a round. Returns how long to wait until the next.</summary>
        protected abstract Task<TimeSpan> Follow(CancellationToken stop);

        /// <summary>Notes that the source stands behind what serves.</summary>
        protected void Contact()
        {
            if (Store.Engine != null)
                Status.Contact();
        }

        /// <summary>Notes that the source is away or refuses.</summary>
        protected void Failed(Exception error)
        {
            var wire = error as WireException;
            var meant = wire != null && wire.IsRefusal;
            var known = wire != null || error is RefusedException;
            var message = Shown(error);
            var expected = known || error is HttpRequestException || error is IOException || error is TimeoutException || error is InvalidDataException;
            if (message != Status.Error) // it is tried again and again
                _log.Write(meant ? LogLevel.Warning : expected ? LogLevel.Info : LogLevel.Error, "the source failed: " + message);
            Status.Failed(message);
            if (error is RefusedException || (wire != null && wire.IsFinal))
                Status.Refused(message);
            if (Store.Engine != null || meant)
                Status.Answer();
        }

        /// <summary>Reports whether nothing took the connection at all.</summary>
        protected static bool IsUnconnected(Exception error)
        {
            for (var inner = error; inner != null; inner = inner.InnerException)
                if (inner is SocketException socket && socket.SocketErrorCode == SocketError.ConnectionRefused)
                    return true;
            return false;
        }

        /// <summary>Returns what an error says, for people.</summary>
        protected virtual string Shown(Exception error) => Log.Cut(Said(error));

        internal static string Said(Exception error) =>
            error is WireException || error is RefusedException ? error.Message : Log.Said(error);
    }

    /// <summary>Serves a file, and reads it again when it has changed.</summary>
    internal sealed class FileSource : Source
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
        private readonly string _path;
        private (long, DateTime) _seen;
        private bool _wrong; // what was seen

        internal FileSource(string path, Store store, Status status, Pace pace, Log log) : base(store, status, pace, log) => _path = path;

        protected override Task<TimeSpan> Follow(CancellationToken stop)
        {
            try
            {
                Look();
            }
            catch (Exception error)
            {
                Failed(error);
                Status.Answer();
            }
            return Task.FromResult(Interval);
        }

        /// <summary>Reads the file if it has changed. What was wrong with it stays wrong until it is another
        /// one.</summary>
        private void Look()
        {
            var file = new FileInfo(_path);
            if (!file.Exists && !Directory.Exists(_path))
                throw new FileNotFoundException($"{_path} is not there");
            var seen = file.Exists ? (file.Length, file.LastWriteTimeUtc) : (-1, DateTime.MinValue);
            if (!seen.Equals(_seen) || seen.Item1 < 0)
            {
                _seen = seen;
                _wrong = true;
                byte[] data;
                try
                {
                    data = SnapshotFile.Read(_path);
                }
                catch (InvalidDataException error)
                {
                    throw new RefusedException(error.Message);
                }
                catch
                {
                    _seen = default((long, DateTime)); // who may read it is no part of what was seen
                    throw;
                }
                Store.TakeSnapshot(data);
                _wrong = false;
            }
            if (!_wrong)
                Contact();
        }
    }

    /// <summary>Asks a server for its snapshot, again and again.</summary>
    internal class PollSource : Source
    {
        protected readonly Wire Wire;
        private readonly TimeSpan _interval;

        internal PollSource(Wire wire, TimeSpan interval, Store store, Status status, Pace pace, Log log) : base(store, status, pace, log)
        {
            Wire = wire;
            _interval = interval;
        }

        protected override async Task<TimeSpan> Follow(CancellationToken stop)
        {
            try
            {
                await Fetch(stop).ConfigureAwait(false);
                Backoff.Reset();
                return Chance.Jittered(_interval);
            }
            catch (Exception error) when (!stop.IsCancellationRequested)
            {
                Failed(error);
                return Backoff.Delay(error);
            }
        }

        protected override string Shown(Exception error) => Wire.Shown(error);

        protected async Task Fetch(CancellationToken stop)
        {
            var fetched = await Wire.Snapshot(Store.Engine?.Info, stop).ConfigureAwait(false);
            if (fetched.Data != null)
                Store.TakeSnapshot(fetched.Data, fetched.Supersedes);
            Contact();
        }
    }

    /// <summary>Follows a server's stream.</summary>
    internal sealed class StreamSource : PollSource
    {
        private bool _delivered, _superseded;
        private TimeSpan? _later; // when the server wants its hosts back

        internal StreamSource(Wire wire, Store store, Status status, Pace pace, Log log) : base(wire, TimeSpan.Zero, store, status, pace, log) { }

        protected override async Task<TimeSpan> Follow(CancellationToken stop)
        {
            _delivered = _superseded = false;
            _later = null;
            try
            {
                await Wire.Stream(Store.Engine?.Info.Position, (found, supersedes) => Take(found, supersedes, stop), stop).ConfigureAwait(false);
                return TimeSpan.Zero;
            }
            catch (Exception error) when (!stop.IsCancellationRequested)
            {
                Failed(error);
                // The server is there, but something between may not let the stream through.
                if (!_delivered && !IsUnconnected(error) && !IsTurnedAway(error))
                    await Instead(stop).ConfigureAwait(false);
                return Backoff.Delay(error, _delivered ? _later : null);
            }
        }

        private static bool IsTurnedAway(Exception error) => error is WireException wire && (wire.IsRefusal || wire.RetryAfter != null);

        private async Task Instead(CancellationToken stop)
        {
            try
            {
                await Fetch(stop).ConfigureAwait(false);
            }
            catch (Exception) when (!stop.IsCancellationRequested)
            {
                // Following goes on.
            }
        }

        private async Task Take(ServerEvent found, string supersedes, CancellationToken stop)
        {
            if (found.Retry is int milliseconds)
                _later = milliseconds > Wire.RetryAfter.TotalMilliseconds ? Wire.RetryAfter : TimeSpan.FromMilliseconds(milliseconds);
            switch (found.Type)
            {
                case "heartbeat":
                    Contact();
                    break;
                case "snapshot":
                    await Frame(found, data => Store.TakeSnapshot(data, _superseded ? null : supersedes), null).ConfigureAwait(false);
                    _superseded = true; // what the header says is about the first snapshot
                    break;
                case "delta":
                    await Frame(found, Store.TakeDelta, () => Fetch(stop)).ConfigureAwait(false);
                    break;
                default:
                    return; // of a newer server
            }
            if (!_delivered)
                Backoff.Reset();
            _delivered = true;
        }

        /// <summary>Serves a frame. What serves stays, and stays good, when it is refused; after a delta, the whole
        /// snapshot is fetched.</summary>
        private async Task Frame(ServerEvent found, Action<byte[]> take, Func<Task> otherwise)
        {
            var data = Base64.Decode(found.Data);
            if (data == null)
            {
                var reason = $"a {found.Type} that isn't base64";
                Store.Refuse(reason);
                Status.Refused(reason);
                return;
            }
            try
            {
                take(data);
            }
            catch (RefusedException error)
            {
                if (otherwise == null)
                    Status.Refused(Shown(error));
                else
                    await otherwise().ConfigureAwait(false);
                return;
            }
            Contact();
        }
    }

    /// <summary>Strict base64, null for what isn't any: Convert alone skips white space.</summary>
    internal static class Base64
    {
        internal static byte[] Decode(string text)
        {
            foreach (var sign in text)
                if (char.IsWhiteSpace(sign))
                    return null;
            try
            {
                return Convert.FromBase64String(text);
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }
}
