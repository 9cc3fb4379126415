using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Gonfalon
{
    /// <summary>Bytes that are no snapshot, or a delta that doesn't apply.</summary>
    public sealed class LoadException : Exception
    {
        internal const int TooLarge = 1;

        // Of engine/code.go.
        internal static readonly string[] Codes =
        {
            "ok", "longer than a snapshot may be", "not a gonfalon snapshot", "a snapshot format that this engine doesn't read",
            "the content id doesn't match the bytes: they are truncated or altered", "malformed",
            "the records don't add up to the header's counts", "past a limit", "the keys don't ascend, or one occurs twice",
            "an index or a state is out of range", "there are bytes after the end", "the delta is for another snapshot",
            "the delta deletes a key that isn't there", "the buffer is too small", "too many keys collide",
        };

        internal LoadException(int code, long offset)
            : base($"{(code >= 0 && code < Codes.Length ? Codes[code] : "refused")} (code {code}) at byte {offset}")
        {
            Code = code;
            Offset = offset;
        }

        /// <summary>The engine's code.</summary>
        public int Code { get; }

        /// <summary>The byte that is wrong, from 0.</summary>
        public long Offset { get; }
    }

    /// <summary>The engine refused a request, by a code of the ABI.</summary>
    internal sealed class RequestException : Exception
    {
        internal RequestException(int code) : base($"the engine refuses a request (code {code})") { }
    }

    /// <summary>The engine stopped in the middle of a call. Its instance can't be used any more.</summary>
    internal sealed class TrapException : Exception
    {
        internal TrapException() : base("the engine stopped in the middle of a call") { }
    }

    /// <summary>What a snapshot says about itself. Id and Lineage are lower-case hex.</summary>
    public sealed class SnapshotInfo
    {
        internal SnapshotInfo(string environment, string id, string lineage, long revision, int flags, int segments, int unreadable)
        {
            Environment = environment;
            Id = id;
            Lineage = lineage;
            Revision = revision;
            Flags = flags;
            Segments = segments;
            Unreadable = unreadable;
        }

        /// <summary>The environment's key.</summary>
        public string Environment { get; }

        /// <summary>The content id.</summary>
        public string Id { get; }

        /// <summary>The lineage.</summary>
        public string Lineage { get; }

        /// <summary>The revision.</summary>
        public long Revision { get; }

        /// <summary>The number of flags.</summary>
        public int Flags { get; }

        /// <summary>The number of segments.</summary>
        public int Segments { get; }

        /// <summary>The number of flags and segments that a newer control plane wrote in a form that the engine can't
        /// read; such a flag is off.</summary>
        public int Unreadable { get; }

        /// <summary>Lineage, revision and content id, as a server knows it.</summary>
        public string Position => $"{Lineage}-{Revision}-{Id}";
    }

    /// <summary>One snapshot, loaded by the C library. It serves one call at a time; its owner sees to that. Nothing
    /// that is returned points into the library's memory.</summary>
    internal sealed class Instance : IDisposable
    {
        private readonly IntPtr _snapshot;
        private bool _disposed;

        /// <summary>Loads a snapshot; throws LoadException for bytes that the engine refuses.</summary>
        internal Instance(byte[] data)
        {
            GC.SuppressFinalize(this);
            if (data.Length > Native.MaxBytes)
                throw new LoadException(LoadException.TooLarge, Native.MaxBytes);
            var code = Checked(Native.Load(data, Size(data.Length), out _snapshot, out var offset));
            if (code != 0)
                throw new LoadException(code, offset);
            GC.ReRegisterForFinalize(this);
        }

        ~Instance() => Native.Free(_snapshot);

        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            Native.Free(_snapshot);
            GC.SuppressFinalize(this);
        }

        /// <summary>Returns the packed decision.</summary>
        internal int Evaluate(Packer request) => Checked(Native.Evaluate(_snapshot, request.Buffer, Size(request.Size)));

        internal Native.Decision Decide(Packer request)
        {
            Checked(Native.Decide(_snapshot, request.Buffer, Size(request.Size), out var decision));
            return decision;
        }

        /// <summary>Writes up to Native.Batch decisions from number first on. Their texts must be read before the
        /// next call.</summary>
        internal int Batch(Packer request, int first, Native.Decision[] decisions) =>
            Checked(Native.DecideBatch(_snapshot, request.Buffer, Size(request.Size), (uint)first, decisions));

        /// <summary>Returns what deciding a flag can ask for, as ABI.md lays it out.</summary>
        internal object Needs(Packer request)
        {
            Checked(Native.Needs(_snapshot, request.Buffer, Size(request.Size), out var needs));
            return Unpacker.Unpack(Bytes(needs));
        }

        /// <summary>Returns the explanation as ABI.md lays it out.</summary>
        internal object Explain(Packer request)
        {
            Checked(Native.Explain(_snapshot, request.Buffer, Size(request.Size), out var explanation));
            return Unpacker.Unpack(Bytes(explanation));
        }

        /// <summary>Returns the bytes of the snapshot that a delta makes of this one; throws LoadException if it
        /// doesn't apply.</summary>
        internal byte[] Splice(byte[] delta)
        {
            if (delta.Length > Native.MaxBytes)
                throw new LoadException(LoadException.TooLarge, Native.MaxBytes);
            var code = Checked(Native.Splice(_snapshot, delta, Size(delta.Length), out var spliced, out var offset));
            return code == 0 ? Bytes(spliced) : throw new LoadException(code, offset);
        }

        internal string FlagKey(int number)
        {
            Checked(Native.FlagKey(_snapshot, (uint)number, out var key, IntPtr.Zero));
            return Text(key);
        }

        internal SnapshotInfo Info()
        {
            Checked(Native.ReadInfo(_snapshot, out var info));
            return new SnapshotInfo(Text(info.Environment), Hex(info.Id), Hex(info.Lineage), (long)info.Revision, (int)info.Flags,
                (int)info.Segments, (int)info.Unreadable);
        }

        internal static string Text(Native.Text text) => text.Size == 0 ? "" : Encoding.UTF8.GetString(Bytes(text));

        internal static byte[] Bytes(Native.Text text)
        {
            var bytes = new byte[text.Size];
            if (text.Size > 0)
                Marshal.Copy(text.Data, bytes, 0, bytes.Length);
            return bytes;
        }

        private static UIntPtr Size(int size) => new UIntPtr((uint)size);

        private static int Checked(int code)
        {
            if (code >= 0)
                return code;
            throw code == Native.Trapped ? new TrapException() : (Exception)new RequestException(code);
        }

        private static string Hex(byte[] bytes) => BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
    }
}
