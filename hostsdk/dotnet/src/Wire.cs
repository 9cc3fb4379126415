using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Gonfalon
{
    /// <summary>The server answered, but not with what was asked for. Status is HTTP's.</summary>
    internal class WireException : Exception
    {
        internal WireException(string message, int status = 0, TimeSpan? retryAfter = null) : base(message)
        {
            Status = status;
            RetryAfter = retryAfter;
        }

        internal int Status { get; }

        internal TimeSpan? RetryAfter { get; }

        /// <summary>Whether the token or the environment is at fault. It is tried again, but rarely.</summary>
        internal bool IsRefusal => Status == 401 || Status == 403 || Status == 404;

        /// <summary>Whether the server means it: asking again at once would have the same answer.</summary>
        internal virtual bool IsFinal => Status >= 400 && Status < 500 && Status != 408 && Status != 425 && Status != 429;
    }

    /// <summary>The server sends what can't be read.</summary>
    internal sealed class UnreadableException : WireException
    {
        internal UnreadableException(string message) : base(message) { }

        internal override bool IsFinal => true;
    }

    /// <summary>A snapshot, null if it is the one that is known; and the position that it supersedes, if
    /// any.</summary>
    internal sealed class Fetched
    {
        internal readonly byte[] Data;
        internal readonly string Supersedes;

        internal Fetched(byte[] data, string supersedes)
        {
            Data = data;
            Supersedes = supersedes;
        }
    }

    /// <summary>One environment of one server: requests to the control plane, and the frames of its stream.</summary>
    internal sealed class Wire
    {
        internal const int UsageFlags = 1000; // a request
        internal static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(5); // a server can't send its clients away for longer
        internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10); // for anything that the network can keep waiting, and for a report
        private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45); // without a byte, three heartbeats, a connection is lost
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(32); // for a whole snapshot: 32 MiB at 1 MiB a second
        private const int Redirects = 5;
        private const string Formats = "formats=1"; // of snapshots, so that a newer server writes what this SDK reads
        private const string Supersedes = "X-Gonfalon-Supersedes"; // the position of what serves here, if the server is sure it never had it

        private readonly HttpClient _http;
        private readonly Uri _base;
        private readonly string _token;
        private readonly Secret _secret;

        internal Wire(Uri endpoint, string token, string environment, HttpMessageHandler handler)
        {
            _base = new Uri($"{endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1/envs/{Endpoint.Segment(environment)}/");
            _token = token;
            _secret = new Secret(token);
            // Some runtimes allow two connections to a server, which streams would keep.
            var mine = handler ?? new HttpClientHandler { UseCookies = false, MaxConnectionsPerServer = int.MaxValue };
            if (mine is HttpClientHandler common && common.AllowAutoRedirect) // nothing may be set of one that another client uses
                common.AllowAutoRedirect = false; // the token goes along
            _http = new HttpClient(mine, disposeHandler: handler == null) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        }

        internal void Dispose() => _http.Dispose();

        /// <summary>Returns what an error says, without the token, which a server or a library may repeat. It is cut
        /// after that, not before.</summary>
        internal string Shown(Exception error) => Log.Cut(_secret.Hide(Source.Said(error)));

        /// <summary>Returns the current snapshot.</summary>
        internal Task<Fetched> Snapshot(SnapshotInfo known, CancellationToken stop)
        {
            var headers = new Dictionary<string, string> { ["Accept-Encoding"] = "gzip" };
            if (known != null)
            {
                headers["If-None-Match"] = $"\"{known.Id}\"";
                headers["X-Gonfalon-Position"] = known.Position;
            }
            return Ask(HttpMethod.Get, "snapshot?" + Formats, headers, null, Patience, stop, async (response, limit) =>
            {
                if (response.StatusCode == HttpStatusCode.NotModified && known != null)
                    return new Fetched(null, null);
                await Check(response, limit).ConfigureAwait(false);
                var data = await Body(response, limit).ConfigureAwait(false);
                return new Fetched(data, Header(response, Supersedes));
            });
        }

        /// <summary>Hands on each event from a position on, or from a snapshot on, with the position that the first
        /// snapshot supersedes, if any. It ends with an exception.</summary>
        internal Task<bool> Stream(string position, Func<ServerEvent, string, Task> take, CancellationToken stop)
        {
            var headers = new Dictionary<string, string> { ["Accept"] = "text/event-stream", ["Cache-Control"] = "no-store" };
            if (position != null)
                headers["Last-Event-ID"] = position;
            return Ask<bool>(HttpMethod.Get, "stream?" + Formats, headers, null, Silence, stop, async (response, limit) =>
            {
                await Check(response, limit).ConfigureAwait(false);
                var kind = response.Content.Headers.ContentType?.MediaType ?? "of no type";
                if (!kind.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
                    throw new UnreadableException($"the stream is {kind}, not text/event-stream");
                CheckEncoding(response, "identity");
                var events = new Events();
                var buffer = new byte[16384];
                using (var body = await response.Content.ReadAsStreamAsync().ConfigureAwait(false))
                    while (true)
                    {
                        limit.Restart(Silence);
                        var count = await limit.Within(body.ReadAsync(buffer, 0, buffer.Length, limit.Token)).ConfigureAwait(false);
                        if (count == 0)
                            throw new WireException("the stream ended");
                        limit.Restart(System.Threading.Timeout.InfiniteTimeSpan);
                        foreach (var found in events.Feed(buffer, count))
                            await take(found, Header(response, Supersedes)).ConfigureAwait(false);
                    }
            });
        }

        /// <summary>Reports the evaluations of at most UsageFlags flags, and the host; without one, only what older
        /// servers know.</summary>
        internal Task<bool> Usage(IReadOnlyDictionary<string, Count> counts, IReadOnlyDictionary<string, object> host, TimeSpan patience,
            CancellationToken stop)
        {
            var flags = new SortedDictionary<string, object>(Utf8Order.Instance);
            foreach (var pair in counts)
            {
                var flag = new Dictionary<string, object> { ["count"] = pair.Value.All, ["last"] = Iso(pair.Value.Last) };
                if (host != null)
                    flag["on"] = pair.Value.On;
                flags[pair.Key] = flag;
            }
            var report = new Dictionary<string, object> { ["flags"] = flags };
            if (host != null)
                report["host"] = host;
            return Ask(HttpMethod.Post, "usage", new Dictionary<string, string>(), Json.Written(report), patience, stop, async (response, limit) =>
            {
                await Check(response, limit).ConfigureAwait(false);
                return true;
            });
        }

        /// <summary>Asks, and reads the answer. Redirects are followed within the endpoint's origin only: the token
        /// goes along.</summary>
        private async Task<T> Ask<T>(HttpMethod method, string path, Dictionary<string, string> headers, string body, TimeSpan patience,
            CancellationToken stop, Func<HttpResponseMessage, Limit, Task<T>> read)
        {
            var uri = new Uri(_base, path);
            using (var limit = new Limit(patience, stop))
                for (var i = 0; i <= Redirects; i++)
                {
                    var sending = _http.SendAsync(Request(method, uri, headers, body), HttpCompletionOption.ResponseHeadersRead, limit.Token);
                    using (var response = await limit.Within(sending).ConfigureAwait(false))
                    {
                        if (!IsRedirect(response, body != null))
                            return await read(response, limit).ConfigureAwait(false);
                        uri = Follow(uri, Header(response, "Location"));
                    }
                }
            throw new WireException($"more than {Redirects} redirects");
        }

        private HttpRequestMessage Request(HttpMethod method, Uri uri, Dictionary<string, string> headers, string body)
        {
            var request = new HttpRequestMessage(method, uri);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            request.Headers.TryAddWithoutValidation("User-Agent", "gonfalon-dotnet/" + Client.Version);
            request.Headers.ConnectionClose = true;
            request.Headers.ExpectContinue = false; // a report is small: asking whether to send it takes longer
            foreach (var header in headers)
                request.Headers.TryAddWithoutValidation(header.Key, header.Value);
            if (body != null)
                request.Content = new StringContent(body, new UTF8Encoding(false), "application/json");
            return request;
        }

        /// <summary>Reports whether an answer sends the same request elsewhere.</summary>
        private static bool IsRedirect(HttpResponseMessage response, bool posted)
        {
            var status = (int)response.StatusCode;
            var same = status == 307 || status == 308 || (!posted && (status == 301 || status == 302 || status == 303));
            return same && Header(response, "Location") != null;
        }

        private Uri Follow(Uri from, string location)
        {
            if (!Uri.TryCreate(from, location, out var target))
                throw new WireException("a redirect to what is no address");
            if (target.Scheme == _base.Scheme && target.Host == _base.Host && target.Port == _base.Port)
                return target;
            throw new WireException($"a redirect to {target.Scheme}://{target.Host}:{target.Port}, another origin");
        }

        private static async Task Check(HttpResponseMessage response, Limit limit)
        {
            if (response.IsSuccessStatusCode)
                return;
            var beginning = await Read(response, 4096, limit, whole: false).ConfigureAwait(false);
            var what = Title(Encoding.UTF8.GetString(beginning)) ?? response.ReasonPhrase;
            throw new WireException($"{(int)response.StatusCode} {what}", (int)response.StatusCode, Later(response));
        }

        /// <summary>Returns what a problem document says.</summary>
        private static string Title(string body)
        {
            try
            {
                if (!(Json.Parse(body) is Dictionary<string, object> document))
                    return null;
                var said = new[] { "title", "detail" }.Select(name => document.TryGetValue(name, out var text) ? text as string : null);
                return string.Join(": ", said.Where(text => !string.IsNullOrEmpty(text))) is string title && title.Length > 0 ? title : null;
            }
            catch (FormatException)
            {
                return null;
            }
        }

        private static TimeSpan? Later(HttpResponseMessage response)
        {
            var status = (int)response.StatusCode;
            var value = Header(response, "Retry-After")?.Trim();
            if ((status != 429 && status != 503) || string.IsNullOrEmpty(value))
                return null;
            TimeSpan later;
            if (value.All(c => c >= '0' && c <= '9'))
                later = TimeSpan.FromSeconds(int.Parse(value.Length > 9 ? value.Substring(0, 9) : value, CultureInfo.InvariantCulture));
            else if (DateTimeOffset.TryParseExact(value, "r", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at))
                later = at - DateTimeOffset.UtcNow;
            else
                return null;
            return later < TimeSpan.Zero ? TimeSpan.Zero : later > RetryAfter ? RetryAfter : later;
        }

        /// <summary>Returns the whole body, unpacked. It is no longer than a snapshot can be.</summary>
        private static async Task<byte[]> Body(HttpResponseMessage response, Limit limit)
        {
            CheckEncoding(response, "identity", "gzip");
            var body = await Read(response, Native.MaxBytes, limit, whole: true).ConfigureAwait(false);
            if (response.Content.Headers.ContentLength is long length && length > body.Length)
                throw new IOException("an answer that ends in the middle");
            return response.Content.Headers.ContentEncoding.Contains("gzip", StringComparer.OrdinalIgnoreCase) ? Unpacked(body) : body;
        }

        private static byte[] Unpacked(byte[] packed)
        {
            try
            {
                using (var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress))
                {
                    var unpacked = new MemoryStream();
                    var buffer = new byte[65536];
                    for (int count; (count = gzip.Read(buffer, 0, buffer.Length)) > 0;)
                    {
                        unpacked.Write(buffer, 0, count);
                        Bound(unpacked.Length, Native.MaxBytes);
                    }
                    // The last 4 bytes are the size. Not every runtime looks at them.
                    if (packed.Length < 4 || BitConverter.ToUInt32(packed, packed.Length - 4) != (uint)unpacked.Length)
                        throw new InvalidDataException("it ends in the middle");
                    return unpacked.ToArray();
                }
            }
            catch (Exception error) when (error is InvalidDataException || error is IOException)
            {
                throw new UnreadableException("an answer that isn't gzip: " + error.Message);
            }
        }

        /// <summary>Returns a body. If it is longer than most, the first bytes are enough unless the whole was asked
        /// for.</summary>
        private static async Task<byte[]> Read(HttpResponseMessage response, int most, Limit limit, bool whole)
        {
            var read = new MemoryStream();
            var buffer = new byte[16384];
            using (var body = await limit.Within(response.Content.ReadAsStreamAsync()).ConfigureAwait(false))
                while (whole || read.Length < most)
                {
                    var count = await limit.Within(body.ReadAsync(buffer, 0, buffer.Length, limit.Token)).ConfigureAwait(false);
                    if (count == 0)
                        break;
                    read.Write(buffer, 0, count);
                    if (whole)
                        Bound(read.Length, most);
                }
            return read.ToArray();
        }

        private static void Bound(long size, int most)
        {
            if (size > most)
                throw new UnreadableException($"a snapshot of more than {most} bytes");
        }

        /// <summary>Refuses what was packed in another way than asked for. Of a body that is packed twice, a few
        /// bytes fill the memory.</summary>
        private static void CheckEncoding(HttpResponseMessage response, params string[] asked)
        {
            var encodings = response.Content.Headers.ContentEncoding;
            if (encodings.Count > 1 || !encodings.All(e => asked.Contains(e, StringComparer.OrdinalIgnoreCase)))
                throw new UnreadableException($"an answer in the encoding {string.Join(", ", encodings)}, not in {asked.Last()}");
        }

        private static string Header(HttpResponseMessage response, string name) =>
            response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

        private static string Iso(long microseconds) =>
            new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(microseconds * 10)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>How long an exchange may take. Not every handler heeds a token in every place, so that nothing here
    /// waits for one.</summary>
    internal sealed class Limit : IDisposable
    {
        private readonly CancellationToken _stop;
        private readonly CancellationTokenSource _source;

        internal Limit(TimeSpan patience, CancellationToken stop)
        {
            _stop = stop;
            _source = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Restart(patience);
        }

        internal CancellationToken Token => _source.Token;

        /// <summary>Allows this much time from now on.</summary>
        internal void Restart(TimeSpan patience) => _source.CancelAfter(patience < Status.Longest ? patience : Status.Longest);

        /// <summary>Returns what the task does, if that is in time.</summary>
        internal async Task<T> Within<T>(Task<T> task)
        {
            var late = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (Token.Register(() => late.TrySetResult(true)))
                if (await Task.WhenAny(task, late.Task).ConfigureAwait(false) == task && !(task.IsCanceled && Token.IsCancellationRequested))
                    return await task.ConfigureAwait(false);
            Abandon(task);
            _stop.ThrowIfCancellationRequested();
            throw new TimeoutException("the server takes too long");
        }

        public void Dispose() => _source.Dispose();

        private static void Abandon<T>(Task<T> task) => task.ContinueWith(
            done =>
            {
                if (done.Status == TaskStatus.RanToCompletion)
                    (done.Result as IDisposable)?.Dispose();
                else
                    GC.KeepAlive(done.Exception); // it has been seen
            },
            TaskScheduler.Default);
    }
}
