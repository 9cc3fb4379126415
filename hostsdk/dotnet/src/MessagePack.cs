using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gonfalon
{
    /// <summary>Bytes that aren't msgpack, or more than is read here.</summary>
    internal sealed class MessagePackException : Exception
    {
        internal MessagePackException(string message) : base(message) { }
    }

    /// <summary>Writes msgpack, as far as requests and snapshots have it: null, booleans, integers, float64, text,
    /// bytes, arrays, maps, and integers beyond 64 bits (ext 1, their decimal digits). What is
    /// larger than a request may be is a ContextException.</summary>
    internal sealed class Packer
    {
        private byte[] _buffer = new byte[256];

        internal int Size { get; private set; }

        internal byte[] Buffer => _buffer;

        /// <summary>Begins anew, in the same memory.</summary>
        internal Packer Clear()
        {
            Size = 0;
            return this;
        }

        internal byte[] ToArray()
        {
            var bytes = new byte[Size];
            Array.Copy(_buffer, bytes, Size);
            return bytes;
        }

        internal static byte[] Pack(object value) => new Packer().Write(value).ToArray();

        internal Packer Write(object value)
        {
            if (value == null)
                return Byte(0xc0);
            if (value is string text)
                return Text(text);
            if (value is bool yes)
                return Byte(yes ? 0xc3 : 0xc2);
            if (value is long whole)
                return Integer(whole);
            if (value is int small)
                return Integer(small);
            if (value is double number)
                return Byte(0xcb).BigEndian((ulong)BitConverter.DoubleToInt64Bits(number), 8);
            if (value is BigInteger big)
                return Extension(big);
            if (value is byte[] bytes)
                return Binary(bytes);
            if (value is IReadOnlyDictionary<string, object> map)
                return Map(map);
            if (value == Values.TooLarge)
                throw new ContextException($"an attribute has more than {Native.MaxBytes} bytes");
            if (value is IEnumerable<object> list)
                return List(new List<object>(list));
            throw new ArgumentException($"{value.GetType().Name} has no place in msgpack");
        }

        internal Packer Raw(byte[] bytes)
        {
            Reserve(bytes.Length);
            Array.Copy(bytes, 0, _buffer, Size, bytes.Length);
            Size += bytes.Length;
            return this;
        }

        internal Packer Byte(int value)
        {
            Reserve(1);
            _buffer[Size++] = (byte)value;
            return this;
        }

        internal Packer Integer(long n)
        {
            if (n >= -32 && n <= 127) return Byte((byte)n);
            if (n >= 0)
            {
                if (n <= 0xff) return Byte(0xcc).Byte((int)n);
                if (n <= 0xffff) return Byte(0xcd).BigEndian((ulong)n, 2);
                return n <= 0xffffffff ? Byte(0xce).BigEndian((ulong)n, 4) : Byte(0xcf).BigEndian((ulong)n, 8);
            }
            if (n >= sbyte.MinValue) return Byte(0xd0).BigEndian((ulong)n, 1);
            if (n >= short.MinValue) return Byte(0xd1).BigEndian((ulong)n, 2);
            return n >= int.MinValue ? Byte(0xd2).BigEndian((ulong)n, 4) : Byte(0xd3).BigEndian((ulong)n, 8);
        }

        internal Packer Text(string text)
        {
            Reserve(Math.Min(text.Length, Native.MaxBytes + 1)); // before its bytes are counted
            var size = Encoding.UTF8.GetByteCount(text);
            if (size < 32) Byte(0xa0 | size);
            else if (size <= 0xff) Byte(0xd9).Byte(size);
            else if (size <= 0xffff) Byte(0xda).BigEndian((ulong)size, 2);
            else Byte(0xdb).BigEndian((ulong)size, 4);
            Reserve(size);
            Size += Encoding.UTF8.GetBytes(text, 0, text.Length, _buffer, Size);
            return this;
        }

        internal Packer Texts(IReadOnlyList<string> texts)
        {
            Head(texts.Count, 0x90, 0xdc);
            for (var i = 0; i < texts.Count; i++)
                Text(texts[i]);
            return this;
        }

        internal Packer Map(IReadOnlyDictionary<string, object> map)
        {
            Head(map.Count, 0x80, 0xde);
            foreach (var pair in map)
                Text(pair.Key).Write(pair.Value);
            return this;
        }

        internal Packer Head(int count, int small, int large)
        {
            if (count < 16) return Byte(small | count);
            return count <= 0xffff ? Byte(large).BigEndian((ulong)count, 2) : Byte(large + 1).BigEndian((ulong)count, 4);
        }

        private Packer List(List<object> list)
        {
            Head(list.Count, 0x90, 0xdc);
            foreach (var item in list)
                Write(item);
            return this;
        }

        private Packer Binary(byte[] bytes)
        {
            if (bytes.Length <= 0xff) Byte(0xc4).Byte(bytes.Length);
            else if (bytes.Length <= 0xffff) Byte(0xc5).BigEndian((ulong)bytes.Length, 2);
            else Byte(0xc6).BigEndian((ulong)bytes.Length, 4);
            return Raw(bytes);
        }

        private Packer Extension(BigInteger n)
        {
            var digits = Encoding.ASCII.GetBytes(n.ToString(CultureInfo.InvariantCulture));
            if (digits.Length == 16) Byte(0xd8);
            else if (digits.Length <= 0xff) Byte(0xc7).Byte(digits.Length);
            else if (digits.Length <= 0xffff) Byte(0xc8).BigEndian((ulong)digits.Length, 2);
            else Byte(0xc9).BigEndian((ulong)digits.Length, 4);
            return Byte(1).Raw(digits);
        }

        private Packer BigEndian(ulong value, int bytes)
        {
            for (var shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
                Byte((byte)(value >> shift));
            return this;
        }

        private void Reserve(int more)
        {
            if (more > Native.MaxBytes - Size)
                throw new ContextException($"a request has more than {Native.MaxBytes} bytes");
            if (Size + more > _buffer.Length)
                Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, Size + more));
        }
    }

    /// <summary>Reads msgpack: null, bool, long, BigInteger, double, string, byte[], List of object, Dictionary of
    /// string and object.</summary>
    internal sealed class Unpacker
    {
        private const int MaxDepth = 64;
        private readonly byte[] _data;
        private readonly int _end;

        internal Unpacker(byte[] data, int position = 0, int? end = null)
        {
            _data = data;
            Position = position;
            _end = end ?? data.Length;
        }

        internal int Position { get; private set; }

        internal static object Unpack(byte[] data)
        {
            var reader = new Unpacker(data);
            var value = reader.Read();
            return reader.Position == data.Length ? value : throw new MessagePackException("there are bytes after the end");
        }

        /// <summary>Returns how many items the array has that begins here; they are read next.</summary>
        internal int ArraySize()
        {
            var head = Byte();
            if ((head & 0xf0) == 0x90) return head & 15;
            if (head == 0xdc) return Size(2);
            return head == 0xdd ? Size(4) : throw new MessagePackException($"no array at byte {Position - 1}");
        }

        internal object Read(int depth = 0)
        {
            var head = Byte();
            if (head <= 0x7f) return (long)head;
            if (head >= 0xe0) return (long)head - 256;
            if (head <= 0x8f) return Map(head & 15, depth);
            if (head <= 0x9f) return Array(head & 15, depth);
            if (head <= 0xbf) return Text(head & 31);
            switch (head)
            {
                case 0xc0: return null;
                case 0xc2: return false;
                case 0xc3: return true;
                case 0xc4: return Bytes(Size(1));
                case 0xc5: return Bytes(Size(2));
                case 0xc6: return Bytes(Size(4));
                case 0xc7: return Extension(Size(1));
                case 0xc8: return Extension(Size(2));
                case 0xc9: return Extension(Size(4));
                case 0xcb: return BitConverter.Int64BitsToDouble((long)Word(8));
                case 0xcc: return (long)Word(1);
                case 0xcd: return (long)Word(2);
                case 0xce: return (long)Word(4);
                case 0xcf: return Unsigned(Word(8));
                case 0xd0: return (long)(sbyte)Word(1);
                case 0xd1: return (long)(short)Word(2);
                case 0xd2: return (long)(int)Word(4);
                case 0xd3: return (long)Word(8);
                case 0xd4: return Extension(1);
                case 0xd5: return Extension(2);
                case 0xd6: return Extension(4);
                case 0xd7: return Extension(8);
                case 0xd8: return Extension(16);
                case 0xd9: return Text(Size(1));
                case 0xda: return Text(Size(2));
                case 0xdb: return Text(Size(4));
                case 0xdc: return Array(Size(2), depth);
                case 0xdd: return Array(Size(4), depth);
                case 0xde: return Map(Size(2), depth);
                case 0xdf: return Map(Size(4), depth);
                default: throw new MessagePackException($"0x{head:x2} at byte {Position - 1}");
            }
        }

        private int Byte() => Position < _end ? _data[Position++] : throw new MessagePackException("it ends in the middle");

        private ulong Word(int bytes)
        {
            ulong word = 0;
            for (var i = 0; i < bytes; i++)
                word = word << 8 | (uint)Byte();
            return word;
        }

        // A length alone can't fill the memory: each item takes a byte at least.
        private int Size(int bytes)
        {
            var size = Word(bytes);
            return size <= (ulong)(_end - Position) ? (int)size : throw new MessagePackException("it ends in the middle");
        }

        private static object Unsigned(ulong n) => n <= long.MaxValue ? (object)(long)n : new BigInteger(n);

        private byte[] Bytes(int size)
        {
            var bytes = new byte[Skip(size)];
            System.Array.Copy(_data, Position - size, bytes, 0, size);
            return bytes;
        }

        private string Text(int size) => Encoding.UTF8.GetString(_data, Position, Skip(size));

        private int Skip(int size)
        {
            if (size > _end - Position)
                throw new MessagePackException("it ends in the middle");
            Position += size;
            return size;
        }

        private List<object> Array(int size, int depth)
        {
            Bound(size, depth);
            var list = new List<object>(size);
            for (var i = 0; i < size; i++)
                list.Add(Read(depth + 1));
            return list;
        }

        private Dictionary<string, object> Map(int size, int depth)
        {
            Bound(size, depth);
            var map = new Dictionary<string, object>(size, StringComparer.Ordinal);
            for (var i = 0; i < size; i++)
            {
                var key = Read(depth + 1) as string ?? throw new MessagePackException("a key that is no text");
                map[key] = Read(depth + 1);
            }
            return map;
        }

        private void Bound(int size, int depth)
        {
            if (size > _end - Position)
                throw new MessagePackException("it ends in the middle");
            if (depth >= MaxDepth)
                throw new MessagePackException($"more than {MaxDepth} lists in one another");
        }

        private object Extension(int size)
        {
            var kind = Byte();
            var digits = Encoding.ASCII.GetString(_data, Position, Skip(size));
            if (kind != 1 || digits.Length == 0)
                throw new MessagePackException($"an extension of type {kind}");
            if (digits.Length > 40000)
                return digits;
            return BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                ? (object)whole
                : throw new MessagePackException("an integer that isn't digits");
        }
    }
}
