using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Gonfalon
{
    /// <summary>NotReady: nothing is loaded yet · Ready: a snapshot serves, and the source confirms it · Stale: a
    /// snapshot serves, but the source is unreachable or hasn't answered yet · Error: nothing is loaded, and the
    /// source refuses.</summary>
    public enum State { NotReady, Ready, Stale, Error }

    /// <summary>The client's state has changed.</summary>
    public sealed class StateChanged : EventArgs
    {
        internal StateChanged(State state, State previous, string error)
        {
            State = state;
            Previous = previous;
            Error = error;
        }

        /// <summary>The state.</summary>
        public State State { get; }

        /// <summary>The state before.</summary>
        public State Previous { get; }

        /// <summary>What is wrong with the source; null if nothing is.</summary>
        public string Error { get; }
    }

    /// <summary>Another snapshot serves, or a schedule has opened or closed.</summary>
    public sealed class FlagsChanged : EventArgs
    {
        internal FlagsChanged(IReadOnlyList<string> flags, SnapshotInfo info)
        {
            Flags = flags;
            Info = info;
        }

        /// <summary>The keys of every flag whose decision can differ now, also by a segment, a setting or a flag that
        /// it requires; ascending.</summary>
        public IReadOnlyList<string> Flags { get; }

        /// <summary>The snapshot that serves.</summary>
        public SnapshotInfo Info { get; }

        /// <summary>Its revision.</summary>
        public long Revision => Info.Revision;

        /// <summary>Its lineage.</summary>
        public string Lineage => Info.Lineage;
    }

    /// <summary>State and listeners of one client.</summary>
    internal sealed class Status
    {
        internal static readonly TimeSpan Longest = TimeSpan.FromDays(1); // that anything waits without a look at what it waits for

        private readonly object _lock = new object();
        private readonly Log _log;
        private readonly TimeSpan? _ttl;
        private readonly TimeSpan _grace;
        private readonly bool _aside;
        private Listener[] _listeners = new Listener[0];
        private TaskCompletionSource<bool> _moved = NewMoved();
        private State _state = State.NotReady;
        private bool _loaded, _answered, _refused;
        private long? _contact, _lost; // by the stopwatch

        /// <summary>Makes the status of a client whose listeners are called aside, in threads of their own, or in the
        /// one that changes something.</summary>
        internal Status(Log log, TimeSpan? ttl = null, TimeSpan? grace = null, bool aside = true)
        {
            _aside = aside;
            _log = log;
            _ttl = ttl;
            _grace = grace ?? TimeSpan.FromSeconds(5);
        }

        /// <summary>Times that the source was lost.</summary>
        internal long Losses { get; private set; }

        /// <summary>What the source's trouble is, for people; null once it is well again.</summary>
        internal string Error { get; private set; }

        /// <summary>When somebody began to listen, in Unix microseconds.</summary>
        internal long HeardAt { get; private set; }

        /// <summary>Whether anybody listens.</summary>
        internal bool Heard => _listeners.Length > 0;

        internal bool Answered => _answered;

        internal bool Closed { get; private set; }

        /// <summary>Completes with the next change.</summary>
        internal Task Moved
        {
            get
            {
                lock (_lock)
                    return _moved.Task;
            }
        }

        internal State State
        {
            get
            {
                Settle();
                return _state;
            }
        }

        /// <summary>Time since the source last confirmed the snapshot; null if it never did.</summary>
        internal TimeSpan? Age => _contact is long contact ? Since(contact) : (TimeSpan?)null;

        /// <summary>Notes that a snapshot serves, and that the source stands behind it.</summary>
        internal void Contact() => Change(() =>
        {
            _contact = Stopwatch.GetTimestamp();
            _loaded = _answered = true;
            _refused = false;
            _lost = null;
            Error = null;
        });

        /// <summary>Notes that a snapshot serves that the source hasn't confirmed.</summary>
        internal void Loaded() => Change(() => _loaded = true);

        /// <summary>Notes that nothing is loaded any more.</summary>
        internal void Unloaded() => Change(() => _loaded = _refused = false);

        /// <summary>Notes that the source is away. The state follows when that lasts longer than the grace.</summary>
        internal void Failed(string error) => Change(() =>
        {
            Losses++;
            Error = error;
            _lost = _lost ?? Stopwatch.GetTimestamp();
        });

        /// <summary>Notes that the source refuses, or sends what can't be read.</summary>
        internal void Refused(string error) => Change(() =>
        {
            _refused = true;
            Error = error;
        });

        /// <summary>Notes that a start needn't wait any longer.</summary>
        internal void Answer() => Change(() => _answered = true);

        /// <summary>Wakes everything that waits, for good.</summary>
        internal void Close() => Change(() => Closed = true);

        /// <summary>Takes the state to what it is by now, and tells if it is another one.</summary>
        internal void Settle()
        {
            if (StateNow() != _state)
                Change(() => { });
        }

        /// <summary>Calls a listener on each event from now on. Dispose what it returns to end that.</summary>
        internal IDisposable Subscribe(Action<EventArgs> program)
        {
            var listener = new Listener(program, _log, _aside);
            Change(() =>
            {
                _listeners = _listeners.Concat(new[] { listener }).ToArray();
                HeardAt = Engine.Now;
            });
            return new Ending(() =>
            {
                lock (_lock)
                    _listeners = _listeners.Where(known => known != listener).ToArray();
                listener.End();
            });
        }

        /// <summary>Tells the listeners.</summary>
        internal void Emit(EventArgs what)
        {
            lock (_lock) // in one order for all
                foreach (var listener in _listeners)
                    listener.Add(what);
            Wake();
        }

        private void Wake()
        {
            foreach (var listener in _listeners)
                listener.Wake();
        }

        /// <summary>Waits until the condition holds, which is looked at after each change. Returns false if that
        /// takes longer than the timeout, or the client is closed.</summary>
        internal async Task<bool> Until(Func<bool> holds, TimeSpan? timeout)
        {
            var began = Stopwatch.GetTimestamp();
            while (true)
            {
                var moved = Moved;
                if (holds())
                    return true;
                var left = timeout - Since(began);
                if (Closed || left <= TimeSpan.Zero)
                    return false;
                await Rest(moved, left ?? Longest, CancellationToken.None).ConfigureAwait(false);
            }
        }

        /// <summary>Waits for a change, at most for this time. It leaves no timer behind.</summary>
        internal static async Task Rest(Task moved, TimeSpan wait, CancellationToken stop)
        {
            using (var ending = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                var delay = Task.Delay(wait < Longest ? wait : Longest, ending.Token);
                await Task.WhenAny(moved, delay).ConfigureAwait(false);
                ending.Cancel();
            }
            stop.ThrowIfCancellationRequested();
        }

        /// <summary>Returns the time until the state can change by itself: none if it has since it was settled, null if it can't.</summary>
        internal TimeSpan? Due()
        {
            if (!_loaded || !(_contact is long contact))
                return null;
            var ends = new List<TimeSpan>();
            if (_lost is long lost) ends.Add(_grace - Since(lost));
            if (_ttl is TimeSpan ttl) ends.Add(ttl - Since(contact));
            if (ends.RemoveAll(end => end <= TimeSpan.Zero) > 0 && StateNow() != _state)
                return TimeSpan.Zero;
            return ends.Count == 0 ? (TimeSpan?)null : ends.Min();
        }

        private void Change(Action change)
        {
            StateChanged told = null;
            TaskCompletionSource<bool> moved;
            lock (_lock)
            {
                change();
                var previous = _state;
                _state = StateNow();
                if (_state != previous)
                {
                    told = new StateChanged(_state, previous, Error);
                    foreach (var listener in _listeners)
                        listener.Add(told);
                }
                moved = _moved;
                _moved = NewMoved();
            }
            moved.TrySetResult(true);
            if (told == null)
                return;
            var level = told.Previous == State.Ready || told.State == State.Error ? LogLevel.Warning : LogLevel.Info;
            _log.Write(level, $"{Words.Of(told.State)}, was {Words.Of(told.Previous)}{(told.Error == null ? "" : ": " + told.Error)}");
            Wake();
        }

        private State StateNow()
        {
            if (!_loaded)
                return _refused ? State.Error : State.NotReady;
            var stale = _contact == null || (_lost is long lost && Since(lost) >= _grace) || (_ttl is TimeSpan ttl && Since(_contact.Value) > ttl);
            return stale ? State.Stale : State.Ready;
        }

        private static TimeSpan Since(long timestamp) =>
            TimeSpan.FromSeconds((Stopwatch.GetTimestamp() - timestamp) / (double)Stopwatch.Frequency);

        private static TaskCompletionSource<bool> NewMoved() =>
            new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        private sealed class Ending : IDisposable
        {
            private readonly Action _end;

            internal Ending(Action end) => _end = end;

            public void Dispose() => _end();
        }
    }
}
