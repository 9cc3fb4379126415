using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Gonfalon.Tests
{
    using Map = Dictionary<string, object>;

    /// <summary>A control plane as far as clients see it. Usage gets the flags of each report that has some, Hosts
    /// the host of each, Paths those that were asked for.</summary>
    internal sealed class FakeServer : IDisposable
    {
        private readonly TcpListener _listener = new TcpListener(IPAddress.Loopback, 0);
        private readonly List<BlockingCollection<string>> _streams = new List<BlockingCollection<string>>();
        private volatile bool _ended;

        internal readonly BlockingCollection<Map> Usage = new BlockingCollection<Map>();
        internal readonly BlockingCollection<Map> Hosts = new BlockingCollection<Map>();
        internal readonly BlockingCollection<string> Paths = new BlockingCollection<string>();
        internal volatile byte[] Snapshot;
        internal volatile int Status = 200, UsageStatus = 204, UsageTakes; // milliseconds

        internal FakeServer(byte[] snapshot)
        {
            Snapshot = snapshot;
            _listener.Start();
            Url = "http://" + _listener.LocalEndpoint;
            new Thread(Accept) { IsBackground = true }.Start();
        }

        internal string Url { get; }

        /// <summary>Changes the snapshot, and tells the streams.</summary>
        internal void Publish(byte[] snapshot)
        {
            Snapshot = snapshot;
            Send(Frame(snapshot));
        }

        /// <summary>Writes to every open stream; null ends them.</summary>
        internal void Send(string text)
        {
            lock (_streams)
                _streams.ForEach(stream => stream.Add(text ?? ""));
        }

        public void Dispose()
        {
            _ended = true;
            _listener.Stop(); // first: a client that comes back at once must find nobody
            Send(null);
        }

        private static string Frame(byte[] snapshot) => $"event: snapshot\ndata: {Convert.ToBase64String(snapshot)}\n\n";

        private void Accept()
        {
            while (!_ended)
            {
                TcpClient client;
                try
                {
                    client = _listener.AcceptTcpClient();
                }
                catch (Exception) when (_ended)
                {
                    return;
                }
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }

        private void Serve(TcpClient client)
        {
            using (client)
                try
                {
                    Answer(client.GetStream());
                }
                catch (IOException)
                {
                    // A client that went away.
                }
        }

        private void Answer(NetworkStream stream)
        {
            var head = Head(stream);
            if (head.Count == 0)
                return;
            var path = head[0].Split(' ')[1].Split('?')[0];
            Paths.Add(path);
            var body = Body(stream, head);
            if (Status != 200 || !head.Contains("Authorization: Bearer token"))
                Reply(stream, Status == 200 ? 401 : Status, Encoding.UTF8.GetBytes("{\"title\": \"No\"}"));
            else if (path.EndsWith("/snapshot", StringComparison.Ordinal))
                Reply(stream, 200, Snapshot);
            else if (path.EndsWith("/stream", StringComparison.Ordinal))
                Stream(stream);
            else
                Take(stream, body);
        }

        private static List<string> Head(Stream stream)
        {
            var lines = new List<string>();
            var line = new StringBuilder();
            for (int sign; (sign = stream.ReadByte()) >= 0;)
            {
                if (sign == '\n')
                {
                    if (line.Length == 0)
                        return lines;
                    lines.Add(line.ToString());
                    line.Clear();
                }
                else if (sign != '\r')
                {
                    line.Append((char)sign);
                }
            }
            return new List<string>();
        }

        private static string Body(Stream stream, List<string> head)
        {
            var length = head.FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
            var body = new byte[length == null ? 0 : int.Parse(length.Substring(16))];
            for (int read = 0, n; read < body.Length && (n = stream.Read(body, read, body.Length - read)) > 0; read += n) { }
            return Encoding.UTF8.GetString(body);
        }

        private void Stream(Stream stream)
        {
            var events = new BlockingCollection<string> { Frame(Snapshot) };
            lock (_streams)
            {
                if (_ended)
                    return;
                _streams.Add(events);
            }
            Write(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
            for (string text; (text = events.Take()).Length > 0;)
                Write(stream, text);
            lock (_streams)
                _streams.Remove(events);
        }

        private void Take(Stream stream, string body)
        {
            var takes = UsageTakes; // as of now: a test changes it once the report is there
            if (UsageStatus < 300)
            {
                var report = (Map)Json.Parse(body);
                if (((Map)report["flags"]).Count > 0)
                    Usage.Add((Map)report["flags"]);
                Hosts.Add((Map)report["host"]);
            }
            Thread.Sleep(takes);
            Reply(stream, UsageStatus, new byte[0]);
        }

        private static void Reply(Stream stream, int status, byte[] body)
        {
            Write(stream, $"HTTP/1.1 {status} Status\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
            stream.Write(body, 0, body.Length);
        }

        private static void Write(Stream stream, string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            stream.Write(bytes, 0, bytes.Length);
        }
    }
}
