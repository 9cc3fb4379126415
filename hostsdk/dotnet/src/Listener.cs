using System;
using System.Collections.Generic;
using System.Threading;

namespace Gonfalon
{
    /// <summary>A program's listener, which is told one event after another. In a thread of its own, one that blocks,
    /// throws or closes the client keeps neither the source nor the other listeners waiting.</summary>
    internal sealed class Listener
    {
        internal const int Most = 1000; // events that wait; later ones are dropped, and it is said once

        private readonly object _lock = new object();
        private readonly Queue<EventArgs> _waiting = new Queue<EventArgs>();
        private readonly Action<EventArgs> _program;
        private readonly Log _log;
        private readonly bool _aside;
        private bool _running, _missing, _told, _ended; // missing: some events; told: of that

        internal Listener(Action<EventArgs> program, Log log, bool aside)
        {
            _program = program;
            _log = log;
            _aside = aside;
        }

        /// <summary>Lets an event wait for the listener.</summary>
        internal void Add(EventArgs what)
        {
            lock (_lock)
                if (_waiting.Count < Most)
                    _waiting.Enqueue(what);
                else
                    _missing = true;
        }

        /// <summary>Sees to it that what waits is told: by a thread that ends with it, or (not aside) at
        /// once.</summary>
        internal void Wake()
        {
            bool late, idle;
            lock (_lock)
            {
                late = _missing && !_told;
                _told = _missing;
                idle = !_running && _waiting.Count > 0;
                _running |= idle;
            }
            if (late)
                _log.Warn($"a listener is {Most} events late; it misses some");
            if (idle && _aside)
                Begin();
            else if (idle)
                Tell();
        }

        private void Begin()
        {
            try
            {
                new Thread(Tell) { IsBackground = true, Name = "gonfalon-listener" }.Start();
            }
            catch (Exception error) // the system has no thread; the next event tries again
            {
                lock (_lock)
                    _running = false;
                _log.Error($"a listener can't be called: {Log.Said(error)}");
            }
        }

        /// <summary>Ends it. Nothing that waits is told any more.</summary>
        internal void End()
        {
            lock (_lock)
            {
                _ended = true;
                _waiting.Clear();
            }
        }

        private void Tell()
        {
            for (var what = Next(); what != null; what = Next())
                try
                {
                    _program(what);
                }
                catch (Exception error) // the program's own code
                {
                    _log.Error($"a listener failed on {what.GetType().Name}: {Log.Said(error)}");
                }
        }

        private EventArgs Next()
        {
            lock (_lock)
            {
                var next = _ended || _waiting.Count == 0 ? null : _waiting.Dequeue();
                _running = next != null;
                return next;
            }
        }
    }
}
