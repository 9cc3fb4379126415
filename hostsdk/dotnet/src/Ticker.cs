using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Gonfalon
{
    /// <summary>Looks at the clock for a client: a state that time changes, and schedules that open or
    /// close.</summary>
    internal sealed class Ticker
    {
        private static readonly TimeSpan Look = TimeSpan.FromSeconds(60); // the clock may be set, and stands still while a machine sleeps
        private readonly Store _store;
        private readonly Status _status;
        private byte[] _data;
        private Schedules _schedules;
        private long _seen; // edges up to here have been told, or were before anybody listened

        internal Ticker(Store store, Status status)
        {
            _store = store;
            _status = status;
        }

        /// <summary>Tells of what time changes, until it is stopped.</summary>
        internal async Task Run(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                var moved = _status.Moved;
                var waits = new[] { _status.Due(), UntilEdge(), Status.Longest };
                var wait = waits.Min().Value + TimeSpan.FromMilliseconds(1);
                await Status.Rest(moved, wait, stop).ConfigureAwait(false);
                _status.Settle();
            }
        }

        /// <summary>Tells which schedules have opened or closed since the last look, while anybody listens. Returns
        /// the time until the next look.</summary>
        private TimeSpan? UntilEdge()
        {
            var engine = _status.Heard ? _store.Engine : null;
            if (engine == null || (engine.Data != _data && !Records.HasSchedules(engine.Data)))
            {
                _data = null;
                _schedules = null;
                return null;
            }
            if (engine.Data != _data)
            {
                if (_schedules == null)
                    _seen = Math.Max(_store.ServedAt, _status.HeardAt);
                _data = engine.Data;
                _schedules = new Schedules(_data);
            }
            var now = Engine.Now;
            // A clock that was set back makes schedules open and close again.
            var flags = _schedules.Passed(Math.Min(_seen, now), Math.Max(_seen, now));
            _seen = now;
            _store.Tell(flags);
            if (!(_schedules.Next(now) is long edge))
                return null;
            var until = TimeSpan.FromMilliseconds(Math.Max(1, Math.Min((edge - now) / 1000.0, Look.TotalMilliseconds)));
            return until;
        }
    }
}
