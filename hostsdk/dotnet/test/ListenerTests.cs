using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Gonfalon.Testing;

namespace Gonfalon.Tests
{
    [Tests]
    internal sealed class ListenerTests
    {
        private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
        private readonly List<string> _log = new List<string>();
        private readonly Status _status;
        private readonly ManualResetEventSlim _over = new ManualResetEventSlim(); // until then a listener that waits for it blocks

        public ListenerTests() => _status = new Status(new Log((level, line) =>
        {
            lock (_log)
                _log.Add(line);
        }), grace: TimeSpan.Zero);

        private static State Heard(BlockingCollection<EventArgs> heard) =>
            heard.TryTake(out var what, Soon) ? ((StateChanged)what).State : throw new Failure("nothing was heard");

        /// <summary>Nobody would be told of it before something else happens.</summary>
        public void AStateThatHasChangedSinceItWasSettledIsDueAtOnce()
        {
            var status = new Status(new Log((level, line) => { }), grace: TimeSpan.FromMilliseconds(100));
            status.Contact();
            status.Failed("away");
            Thread.Sleep(150);
            Assert.Equal(TimeSpan.Zero, status.Due());
            Assert.Equal(State.Stale, status.State);
            Assert.Equal((TimeSpan?)null, status.Due());
        }

        public void AListenerThatBlocksKeepsNobodyWaiting()
        {
            var heard = new BlockingCollection<EventArgs>();
            _status.Subscribe(what => _over.Wait());
            _status.Subscribe(heard.Add);
            var states = Task.Run(() =>
            {
                _status.Contact();
                var first = _status.State;
                _status.Failed("away");
                return new[] { first, _status.State };
            });
            Assert.True(states.Wait(Soon), "it goes on");
            Assert.Equal(new[] { State.Ready, State.Stale }, states.Result);
            Assert.Equal(new[] { State.Ready, State.Stale }, new[] { Heard(heard), Heard(heard) });
            _over.Set();
        }

        public async Task AClientGoesOnWhileAListenerBlocks()
        {
            var snapshots = Enumerable.Range(1, 3).Select(i =>
                Compiler.Compile(new Dictionary<string, TestFlag> { ["f" + i] = new TestFlag { On = true } }, i, "default")).ToArray();
            using (var server = new FakeServer(snapshots[0]))
            using (var flags = new Client(Tools.Quick(server.Url)))
            {
                flags.Subscribe(what => _over.Wait());
                foreach (var i in new[] { 2, 3 })
                {
                    server.Publish(snapshots[i - 1]);
                    Assert.True(await flags.WaitFor(i, Soon), "a change arrives");
                    Assert.True(flags.Enabled("f" + i));
                }
                Assert.True(Task.Run(() => flags.State).Wait(Soon), "the state is told");
                Assert.True(Task.Run((Action)flags.Close).Wait(Soon), "it can be closed");
            }
            _over.Set();
        }

        public void AListenerClosesItsClient()
        {
            using (var server = new FakeServer(Compiler.Compile(new Dictionary<string, TestFlag>(), 1, "default")))
            using (var flags = new Client(Tools.Quick(server.Url)))
            using (var closed = new ManualResetEventSlim())
            {
                flags.Subscribe(what =>
                {
                    flags.Close();
                    closed.Set();
                });
                server.Publish(Compiler.Compile(new Dictionary<string, TestFlag> { ["a"] = new TestFlag { On = true } }, 2, "default"));
                Assert.True(closed.Wait(Soon), "it closes");
                Assert.True(flags.Enabled("a"));
            }
        }

        public void AListenerThatThrowsHearsWhatFollows()
        {
            var heard = new BlockingCollection<EventArgs>();
            _status.Subscribe(what =>
            {
                heard.Add(what);
                throw new InvalidOperationException("mine");
            });
            _status.Contact();
            _status.Failed("away");
            Assert.Equal(new[] { State.Ready, State.Stale }, new[] { Heard(heard), Heard(heard) });
            Tools.Until(() => { lock (_log) return _log.Count(line => line.Contains("a listener failed on StateChanged")) == 2; });
        }

        public void AListenerThatIsLateMissesSomeAndIsToldOfOnce()
        {
            var heard = 0;
            var first = new ManualResetEventSlim();
            _status.Subscribe(what =>
            {
                first.Set();
                _over.Wait();
                Interlocked.Increment(ref heard);
            });
            _status.Contact();
            Assert.True(first.Wait(Soon));
            for (var i = 0; i < 2 * Listener.Most; i++)
                _status.Emit(new StateChanged(State.Ready, State.Stale, null));
            lock (_log)
                Assert.Equal(1, _log.Count(line => line.Contains("misses some")));
            _over.Set();
            Tools.Until(() => Volatile.Read(ref heard) == Listener.Most + 1);
        }

        public void AnEndedSubscriptionHearsNoMore()
        {
            var heard = 0;
            var first = new ManualResetEventSlim();
            var ending = _status.Subscribe(what =>
            {
                Interlocked.Increment(ref heard);
                first.Set();
                _over.Wait();
            });
            _status.Contact();
            Assert.True(first.Wait(Soon));
            _status.Failed("away");
            ending.Dispose();
            _over.Set();
            var other = new BlockingCollection<EventArgs>();
            _status.Subscribe(other.Add);
            _status.Contact();
            Assert.Equal(State.Ready, Heard(other));
            Assert.Equal(1, heard);
        }
    }
}
