using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Gonfalon
{
    /// <summary>An event of a stream. Retry is in milliseconds; null without one.</summary>
    internal sealed class ServerEvent
    {
        internal readonly string Type, Data;
        internal readonly int? Retry;

        internal ServerEvent(string type, string data, int? retry)
        {
            Type = type;
            Data = data;
            Retry = retry;
        }
    }

    /// <summary>Reads server-sent events out of a stream's bytes, as they come. No event is longer than a snapshot
    /// can be, so that no server can fill the memory.</summary>
    internal sealed class Events
    {
        private const int MaxBytes = Native.MaxBytes / 3 * 4 + 4096; // the largest snapshot in base64, and its field names
        private const int MaxLines = 1000; // of one event: ours have three

        private readonly List<string> _data = new List<string>();
        private MemoryStream _line = new MemoryStream();
        private string _type;
        private int? _retry;
        private int _bytes, _lines;
        private bool _first = true, _returned; // the last byte was a carriage return, which a newline may follow

        /// <summary>Takes bytes, and returns the events that they end.</summary>
        internal IReadOnlyList<ServerEvent> Feed(byte[] bytes, int count)
        {
            var found = new List<ServerEvent>();
            for (var start = 0; start < count;)
            {
                if (_returned && bytes[start] == '\n')
                    start++;
                _returned = false;
                var at = start;
                while (at < count && bytes[at] != '\n' && bytes[at] != '\r')
                    at++;
                Bound(at - start);
                _line.Write(bytes, start, at - start);
                if (at == count)
                    break;
                _returned = bytes[at] == '\r';
                start = at + 1;
                FinishLine(found);
            }
            return found;
        }

        private void Bound(int size)
        {
            _bytes += size;
            if (_bytes > MaxBytes || _lines > MaxLines)
                throw new UnreadableException($"an event of more than {MaxBytes} bytes or {MaxLines} lines");
        }

        private void FinishLine(List<ServerEvent> found)
        {
            var line = Encoding.UTF8.GetString(_line.GetBuffer(), 0, (int)_line.Length);
            if (_line.Capacity > 1 << 16)
                _line = new MemoryStream();
            _line.SetLength(0);
            _lines++;
            if (_first)
                line = line.TrimStart('\uFEFF');
            _first = false;
            if (line.Length > 0)
                Field(line);
            else
                Dispatch(found);
        }

        private void Field(string line)
        {
            var colon = line.IndexOf(':');
            var name = colon < 0 ? line : line.Substring(0, colon);
            var value = colon < 0 ? "" : line.Substring(colon + (colon + 1 < line.Length && line[colon + 1] == ' ' ? 2 : 1));
            if (name == "event") _type = value;
            else if (name == "data") _data.Add(value);
            else if (name == "retry" && value.Length > 0 && value.All(c => c >= '0' && c <= '9'))
                _retry = int.Parse(value.Length > 9 ? value.Substring(0, 9) : value);
        }

        private void Dispatch(List<ServerEvent> found)
        {
            if (_type != null || _retry != null || _data.Count > 0)
                found.Add(new ServerEvent(_type ?? "message", string.Join("\n", _data), _retry));
            _type = null;
            _retry = null;
            _data.Clear();
            _bytes = _lines = 0;
        }
    }
}
