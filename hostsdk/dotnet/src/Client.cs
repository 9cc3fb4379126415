using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Gonfalon
{
    /// <summary>What a client is made with.</summary>
    public sealed class Options
    {
        /// <summary>The server's address, or GONFALON_ENDPOINT. Without one, the flags come from File or
        /// Bootstrap.</summary>
        public string Endpoint { get; set; }

        /// <summary>A token of role sdk, or GONFALON_TOKEN.</summary>
        public string Token { get; set; }

        /// <summary>The environment; "default" if there is an endpoint. Snapshots of another one are
        /// refused.</summary>
        public string Environment { get; set; }

        /// <summary>A snapshot to start from. One that can't be loaded is a LoadException of the
        /// constructor.</summary>
        public byte[] Bootstrap { get; set; }

        /// <summary>A path where each snapshot from the source is kept, and found again at the next start.</summary>
        public string LastGood { get; set; }

        /// <summary>A snapshot file to serve instead of a server; it is read again when it changes.</summary>
        public string File { get; set; }

        /// <summary>The time between polls, instead of following the stream.</summary>
        public TimeSpan? PollInterval { get; set; }

        /// <summary>How long to wait for the first snapshot; zero: don't wait.</summary>
        public TimeSpan ReadyWithin { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>The time without contact from the source that makes the client Stale; null: never.</summary>
        public TimeSpan? Ttl { get; set; }

        /// <summary>How long the client stays Ready after it has lost its source.</summary>
        public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>How requests are made: for a private authority, a client certificate, or a proxy.</summary>
        public HttpMessageHandler Http { get; set; }

        /// <summary>The log; otherwise warnings and errors go to standard error.</summary>
        public Action<LogLevel, string> Logger { get; set; }

        /// <summary>How patient the source is.</summary>
        public Pace Pace { get; set; } = new Pace();
    }

    /// <summary>A client follows an environment and keeps its newest snapshot loaded. Making one waits for the first
    /// snapshot, for at most ReadyWithin, and then continues whatever the state. A server that is down never keeps a
    /// program from starting. Any number of threads may use a client.</summary>
    public sealed class Client : Flags, IDisposable
    {
        internal const string Version = "0.2.0";

        private readonly CancellationTokenSource _stop = new CancellationTokenSource();
        private readonly List<Task> _running = new List<Task>();
        private readonly object _starting = new object();
        private readonly Options _options;
        private readonly Uri _endpoint;
        private readonly string _environment, _token;
        private Host _host;
        private Wire _wire;
        private bool _followed;

        /// <summary>Makes a client that follows a server.</summary>
        public Client(string endpoint, string token) : this(new Options { Endpoint = endpoint, Token = token }) { }

        /// <summary>Makes a client. Options that make no sense are an ArgumentException.</summary>
        public Client(Options options)
        {
            _options = options ?? throw new ArgumentNullException(nameof(options));
            _endpoint = Address(options);
            _token = _endpoint == null ? null : Checked(options.Token ?? Variable("GONFALON_TOKEN"));
            if (!HasSource && options.Bootstrap == null && options.LastGood == null)
                throw new ArgumentException("nothing to take flags from: give Endpoint and Token, or File, or Bootstrap, or LastGood");
            if (options.PollInterval <= TimeSpan.Zero)
                throw new ArgumentException($"PollInterval is {options.PollInterval}; it must be above zero");
            if (options.Pace == null || options.Pace.Usage <= TimeSpan.Zero)
                throw new ArgumentException($"Pace.Usage is {options.Pace?.Usage.ToString() ?? "null"}; it must be above zero");
            _environment = options.Environment ?? (_endpoint == null ? null : "default");
            if (_endpoint != null)
                Gonfalon.Endpoint.Segment(_environment);
            Log = new Log(options.Logger, _token == null ? null : new Secret(_token));
            Status = new Status(Log, options.Ttl, options.Grace);
            Store = new Store(_environment, Status, Log, options.LastGood);
            Store.Start(options.Bootstrap);
            if (!HasSource && Store.Engine != null)
                Status.Contact(); // there is nothing that could know better
            if (!HasSource)
                return;
            Start();
            if (!Status.Until(() => Status.Answered, options.ReadyWithin).GetAwaiter().GetResult() && options.ReadyWithin > TimeSpan.Zero)
                Log.Warn($"no flags within {options.ReadyWithin}; the client starts as {Words.Of(State)}");
        }

        private bool HasSource => _endpoint != null || _options.File != null;

        /// <summary>Waits until the client is Ready. Returns false if that takes longer than the timeout, or the
        /// client is closed.</summary>
        public Task<bool> WaitReady(TimeSpan? timeout = null) => Status.Until(() => State == State.Ready, timeout);

        /// <summary>Waits until a snapshot of this revision or a later one serves, such as the one that a write was
        /// answered with. Returns false if that takes longer than the timeout, or the client is closed.</summary>
        public Task<bool> WaitFor(long revision, TimeSpan? timeout = null) => Status.Until(() => Info?.Revision >= revision, timeout);

        /// <inheritdoc/>
        public override IDisposable Subscribe(Action<EventArgs> listener)
        {
            var ending = base.Subscribe(listener);
            Start();
            return ending;
        }

        /// <summary>Reports usage now. Returns false if it couldn't be delivered; it then goes into the next
        /// report.</summary>
        public async Task<bool> Flush()
        {
            if (_host == null)
                return false;
            try
            {
                await _host.ReportUsage(Wire.Timeout, _stop.Token).ConfigureAwait(false);
                return true;
            }
            catch (Exception error)
            {
                Log.Info("usage can't be reported: " + _wire.Shown(error));
                return false;
            }
        }

        /// <summary>Reports usage and ends the connection. The client keeps answering from its last
        /// snapshot.</summary>
        public void Close()
        {
            lock (_starting)
            {
                if (Status.Closed)
                    return;
                Status.Close();
            }
            _stop.Cancel();
            Task.WhenAny(Task.WhenAll(_running), Task.Delay(TimeSpan.FromSeconds(3))).GetAwaiter().GetResult();
            _host?.Leave().GetAwaiter().GetResult();
            _wire?.Dispose();
        }

        /// <summary>Closes the client.</summary>
        public void Dispose() => Close();

        /// <summary>Describes the client; the token is nobody's to see.</summary>
        public override string ToString() => $"Gonfalon.Client {_endpoint?.ToString() ?? _options.File ?? "bootstrap"} {_environment} {Words.Of(State)}";

        /// <summary>Starts what there is to follow, if it isn't followed yet. Without a source that is the clock,
        /// while anybody listens to it.</summary>
        private void Start()
        {
            lock (_starting)
            {
                if (_followed || Status.Closed)
                    return;
                _followed = true;
                Run("the clock", new Ticker(Store, Status).Run);
                if (HasSource)
                    Run("the source", Source().Run);
                if (_host != null)
                    Run("usage", _host.Run);
            }
        }

        private Source Source()
        {
            if (_options.File != null)
                return new FileSource(_options.File, Store, Status, _options.Pace, Log);
            _wire = new Wire(_endpoint, _token, _environment, _options.Http);
            _host = new Host(Store, Status, _wire, _options.Pace, _options.PollInterval == null ? "stream" : "poll");
            return _options.PollInterval is TimeSpan interval
                ? new PollSource(_wire, interval, Store, Status, _options.Pace, Log)
                : new StreamSource(_wire, Store, Status, _options.Pace, Log);
        }

        private void Run(string name, Func<CancellationToken, Task> run) => _running.Add(Task.Run(async () =>
        {
            try
            {
                await run(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // It is over.
            }
            catch (Exception error)
            {
                Log.Error($"following {name} failed for good: {_wire?.Shown(error) ?? error.Message}");
            }
        }));

        private static string Variable(string name) => System.Environment.GetEnvironmentVariable(name);

        private static Uri Address(Options options)
        {
            if (options.Endpoint != null && options.File != null)
                throw new ArgumentException("Endpoint and File are two sources; give one");
            var endpoint = options.Endpoint ?? (options.File == null ? Variable("GONFALON_ENDPOINT") : null);
            if (endpoint == null)
                return null;
            return Gonfalon.Endpoint.Read(endpoint);
        }

        private static string Checked(string token)
        {
            if (string.IsNullOrEmpty(token))
                throw new ArgumentException("Endpoint needs a Token (or GONFALON_TOKEN)");
            return token.All(c => c > ' ' && c < '\u007f') ? token : throw new ArgumentException("the token has a character that no header can have");
        }
    }
}
