using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Gonfalon
{
    /// <summary>What a client tells the control plane about itself: how often its flags were evaluated, and which
    /// revision serves, so that an operator sees which hosts serve a change.</summary>
    internal sealed class Host
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5); // a host tells at most once in this, however many changes there are
        private const double Within = 2; // seconds after another revision serves: hosts tell at random moments, not all at once

        private readonly SemaphoreSlim _one = new SemaphoreSlim(1);
        private readonly Store _store;
        private readonly Status _status;
        private readonly Wire _wire;
        private readonly Pace _pace;
        private readonly string _via;
        private readonly string _id = Guid.NewGuid().ToString("N").Substring(16); // 62 bits of chance
        private bool _plain; // an older server, which knows nothing of hosts
        private bool _silent; // the last report failed: the next one is a regular one
        private bool _told; // a report has arrived, or may have: it is under way, or was cut off
        private bool _gone;

        internal Host(Store store, Status status, Wire wire, Pace pace, string via)
        {
            _store = store;
            _status = status;
            _wire = wire;
            _pace = pace;
            _via = via;
        }

        /// <summary>Reports each minute, and soon after another revision serves, until it is stopped.</summary>
        internal async Task Run(CancellationToken stop)
        {
            var clock = Stopwatch.StartNew();
            SnapshotInfo known = null;
            TimeSpan regular = Chance.Jittered(_pace.Usage), earliest = TimeSpan.Zero;
            TimeSpan? soon = null;
            while (!stop.IsCancellationRequested)
            {
                var moved = _status.Moved;
                var serves = _store.Engine?.Info;
                if (serves != known)
                {
                    known = serves;
                    soon = (earliest > clock.Elapsed ? earliest : clock.Elapsed) + TimeSpan.FromSeconds(Within * Chance.Next());
                }
                var wait = (soon < regular ? soon.Value : regular) - clock.Elapsed;
                if (wait > TimeSpan.Zero)
                    await Status.Rest(moved, wait, stop).ConfigureAwait(false);
                if (soon <= clock.Elapsed)
                {
                    soon = null;
                    earliest = clock.Elapsed + Pause;
                    if (!_silent && !_plain)
                        await Quietly(Report(new Dictionary<string, Count>(), Wire.Timeout, stop)).ConfigureAwait(false);
                }
                if (regular <= clock.Elapsed)
                {
                    regular = clock.Elapsed + Chance.Jittered(_pace.Usage);
                    await Quietly(ReportUsage(Wire.Timeout, stop)).ConfigureAwait(false);
                }
            }
        }

        /// <summary>Sends what was counted for the last time.</summary>
        internal async Task Leave()
        {
            _gone = true;
            using (var all = new Limit(_pace.Farewell, CancellationToken.None)) // however many reports it takes
                await Quietly(ReportUsage(_pace.Farewell, all.Token)).ConfigureAwait(false);
        }

        /// <summary>Sends what was counted; what can't be delivered is kept for the next time, and the error
        /// thrown.</summary>
        internal async Task ReportUsage(TimeSpan patience, CancellationToken stop)
        {
            var counts = _store.TakeUsage();
            try
            {
                if (counts.Count == 0)
                    await Report(counts, patience, stop).ConfigureAwait(false);
                while (counts.Count > 0)
                {
                    var batch = counts.Take(Wire.UsageFlags).ToDictionary(pair => pair.Key, pair => pair.Value);
                    await Report(batch, patience, stop).ConfigureAwait(false);
                    foreach (var key in batch.Keys)
                        counts.Remove(key);
                }
            }
            catch
            {
                _store.PutUsageBack(counts);
                throw;
            }
        }

        /// <summary>Sends counts, which may be none: the host is still there, or ends.</summary>
        private async Task Report(Dictionary<string, Count> counts, TimeSpan patience, CancellationToken stop)
        {
            await _one.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                if (counts.Count == 0 && (_plain || (_gone && !_told)))
                    return;
                var before = _told;
                _told = true;
                try
                {
                    await Send(counts, patience, stop).ConfigureAwait(false);
                }
                catch (Exception)
                {
                    _silent = true;
                    _told = before || stop.IsCancellationRequested; // what is cut off may have arrived
                    throw;
                }
                _silent = false;
            }
            finally
            {
                _one.Release();
            }
        }

        private async Task Send(Dictionary<string, Count> counts, TimeSpan patience, CancellationToken stop)
        {
            try
            {
                await _wire.Usage(counts, _plain ? null : About(), patience, stop).ConfigureAwait(false);
            }
            catch (WireException error) when (error.Status == 400 && !_plain)
            {
                _plain = true;
                if (counts.Count > 0)
                    await _wire.Usage(counts, null, patience, stop).ConfigureAwait(false);
            }
        }

        private Dictionary<string, object> About()
        {
            var about = new Dictionary<string, object>
            {
                ["id"] = _id, ["sdk"] = "dotnet", ["version"] = Client.Version, ["revision"] = 0L, ["via"] = _via,
            };
            if (_store.Engine?.Info is SnapshotInfo info)
            {
                about["revision"] = info.Revision;
                about["lineage"] = info.Lineage;
            }
            if (_gone)
                about["gone"] = true;
            return about;
        }

        // Whatever it is, what was counted goes with the next report.
        private static async Task Quietly(Task report)
        {
            try
            {
                await report.ConfigureAwait(false);
            }
            catch (Exception)
            {
                // The next one tells.
            }
        }
    }
}
