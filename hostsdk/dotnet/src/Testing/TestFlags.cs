using System;
using System.Collections.Generic;
using System.Linq;

namespace Gonfalon.Testing
{
    /// <summary>Flags for tests: set in the test, decided by the real engine, no network, nothing shared. A change
    /// lasts as long as the object, or until what it returns is disposed. Flags that the test doesn't set come from a
    /// base, a snapshot that "gonfalon compile" made, or are unknown.</summary>
    public sealed class TestFlags : Flags
    {
        private readonly Engine _base;
        private Dictionary<string, TestFlag> _flags = new Dictionary<string, TestFlag>(StringComparer.Ordinal);
        private long _revision;

        /// <summary>Makes a client that has no flags, or those of a base.</summary>
        public TestFlags(byte[] @base = null, Action<LogLevel, string> logger = null)
        {
            Log = new Log(logger);
            Status = new Status(Log, aside: false);
            Store = new Store(null, Status, Log);
            _base = @base == null ? null : new Engine(@base, Store.Mistakes);
            Put(_flags);
        }

        /// <summary>Turns a flag on: for everyone, or for what is named. requires makes it need another flag that is
        /// on.</summary>
        public IDisposable Enable(string key, string forActor = null, string forGroup = null, double? forPercentageOfActors = null,
            double? forPercentageOfTime = null, string requires = null)
        {
            One(forActor, forGroup, forPercentageOfActors, forPercentageOfTime, requires);
            return Change(key, flag =>
            {
                if (forPercentageOfActors != null) flag.ActorsRatio = Ratio(forPercentageOfActors.Value);
                else if (forPercentageOfTime != null) flag.TimeRatio = Ratio(forPercentageOfTime.Value);
                else flag.Set(true, forActor, forGroup, requires);
            });
        }

        /// <summary>Turns a flag off: for everyone that no other gate grants it to, or for what is named. requires
        /// makes it need another flag that is off.</summary>
        public IDisposable Disable(string key, string forActor = null, string forGroup = null, string requires = null)
        {
            One(forActor, forGroup, requires);
            return Change(key, flag => flag.Set(false, forActor, forGroup, requires));
        }

        /// <summary>Gives the flag a variant, which every actor is served, with a payload if there is one: a boolean,
        /// a string, a number, or a dictionary.</summary>
        public IDisposable Serve(string key, string variant, object payload = null) => Change(key, flag =>
        {
            flag.Variant = variant;
            flag.Payload = payload;
        });

        /// <summary>Kills a flag: off, whatever its gates say. Actors get the flag's variant only if servingVariant
        /// says so.</summary>
        public IDisposable Kill(string key, bool servingVariant = false) => Change(key, flag =>
        {
            if (servingVariant && flag.Variant == null)
                throw new ArgumentException($"{key} has no variant to serve");
            flag.Killed = true;
            flag.OffVariant = servingVariant;
        });

        /// <summary>Forgets what the test set for a flag, or (null) for all of them.</summary>
        public IDisposable Clear(string key = null) =>
            Put(_flags.Where(pair => key != null && pair.Key != key).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal));

        /// <summary>Makes the client one that nothing has been loaded into: every question gets the caller's default.
        /// The next change loads it again.</summary>
        public void Unload()
        {
            Store.Replace(null);
            Status.Unloaded();
        }

        private static void One(params object[] scopes)
        {
            if (scopes.Count(scope => scope != null) > 1)
                throw new ArgumentException("one scope at a time: each of them is a change of its own");
        }

        private static double Ratio(double ratio) =>
            ratio > 0 && ratio < 1 ? ratio : throw new ArgumentException($"{ratio} is not between 0 and 1 (both excluded)");

        private IDisposable Change(string key, Action<TestFlag> change)
        {
            var flag = _flags.TryGetValue(key, out var known) ? known.Copy() : new TestFlag();
            change(flag);
            return Put(new Dictionary<string, TestFlag>(_flags, StringComparer.Ordinal) { [key] = flag });
        }

        private IDisposable Put(Dictionary<string, TestFlag> flags)
        {
            var engine = new Engine(Compiler.Compile(flags, ++_revision), Store.Mistakes); // which may refuse them
            var before = _flags;
            var changed = before.Keys.Union(flags.Keys)
                .Where(key => !before.TryGetValue(key, out var old) || !flags.TryGetValue(key, out var now) || old != now)
                .OrderBy(key => key, Utf8Order.Instance).ToArray();
            _flags = flags;
            Store.Replace(_base == null ? engine : new LayeredEngine(engine, _base));
            Status.Contact();
            Store.Tell(changed);
            return new Undoing(() => Put(before));
        }

        private sealed class Undoing : IDisposable
        {
            private readonly Action _undo;

            internal Undoing(Action undo) => _undo = undo;

            public void Dispose() => _undo();
        }
    }
}
