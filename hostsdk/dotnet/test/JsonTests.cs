using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;

namespace Gonfalon.Tests
{
    [Tests]
    internal static class JsonTests
    {
        public static void WhatIsJsonIsRead()
        {
            Assert.Equal(new object[] { null, true, false, 0L, -5L, 1.5, 1e300, "a\"\\/\b\f\n\r\té😀" },
                Json.Parse(" [null, true,false,0,-5, 1.5,1e300,\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"]\r\n"));
            Assert.Equal(new Dictionary<string, object> { ["a"] = 2L, ["b"] = new Dictionary<string, object>() }, Json.Parse("{\"a\":1,\"b\":{},\"a\":2}"));
            Assert.Equal(9007199254740992.0, Json.Parse("9007199254740993"), "an integer beyond 2^53");
            Assert.Equal(9007199254740992L, Json.Parse("9007199254740992"));
            Assert.Equal(double.PositiveInfinity, Json.Parse("1" + new string('0', 400)));
            Assert.Equal("\uFFFD", Json.Parse("\"\\ud800\""));
        }

        public static void WhatIsNotIsRefused()
        {
            var wrong = new[]
            {
                "", " ", "nul", "tru", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "01", "-", "1.", ".5", "1e", "+1", "0x1", "NaN",
                "Infinity", "'a'", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "\"\u0001\"", "[1] 2", "1 1", "\uFEFF1", "[", "{", "]", "/**/1", "\"\\",
                new string('[', 2000), string.Concat(Enumerable.Repeat("{\"a\":", 2000)),
            };
            foreach (var text in wrong)
                Assert.Throws<FormatException>(() => Json.Parse(text));
        }

        public static void WhateverComesIsReadOrRefused()
        {
            var random = new Random(7);
            const string signs = "{}[],:\"\\0123eE+-.tfn \u0000é\ud800";
            const string whole = "{\"a\":[1,-2.5e+3,true,null,\"\\u00e9\\n\"],\"b\":{\"c\":\"d\"}}";
            for (var i = 0; i < 20000; i++)
            {
                var text = new StringBuilder(whole.Substring(0, random.Next(whole.Length + 1)));
                for (var j = random.Next(3); j > 0 && text.Length > 0; j--)
                    text[random.Next(text.Length)] = signs[random.Next(signs.Length)];
                try
                {
                    var value = Json.Parse(text.ToString());
                    Assert.Equal(Assert.Shown(value), Assert.Shown(Json.Parse(Json.Written(value))), text.ToString());
                }
                catch (FormatException)
                {
                    // It is refused.
                }
            }
        }

        public static void NumbersAreWrittenAsJavaScriptWritesThem()
        {
            var written = new Dictionary<double, string>
            {
                [0.1] = "0.1", [1e21] = "1e+21", [1.5e300] = "1.5e+300", [1e-7] = "1e-7", [1e-6] = "0.000001", [123456789.25] = "123456789.25",
                [-2.5] = "-2.5", [1e20] = "100000000000000000000", [1.25e-5] = "0.0000125", [5e-324] = "5e-324", [0.30000000000000004] = "0.30000000000000004",
                [9007199254740993.0] = "9007199254740992", [double.MaxValue] = "1.7976931348623157e+308",
            };
            foreach (var pair in written)
                Assert.Equal(pair.Value, Words.Number(pair.Key));
        }

        public static void MessagePackIsReadAgain()
        {
            var samples = new object[]
            {
                null, true, false, 0L, 127L, 128L, 255L, 256L, 65535L, 65536L, 4294967295L, 4294967296L, long.MaxValue, -1L, -32L, -33L, -128L, -129L,
                -32768L, -32769L, (long)int.MinValue, int.MinValue - 1L, long.MinValue, BigInteger.Pow(2, 63), -BigInteger.Pow(10, 300), 1.5, "", "é",
                new string('x', 31), new string('x', 32), new string('x', 300), new string('x', 70000), new List<object> { 1L, new List<object>() },
                new Dictionary<string, object> { ["a"] = 1L, ["b"] = null },
            };
            foreach (var sample in samples)
                Assert.Equal(Assert.Shown(sample), Assert.Shown(Unpacker.Unpack(Packer.Pack(sample))));
            Assert.Equal(new byte[300], Unpacker.Unpack(Packer.Pack(new byte[300])));
        }

        public static void HostileMessagePackIsRefused()
        {
            var random = new Random(7);
            var whole = Packer.Pack(new List<object> { 1L, -5L, "text", new byte[5], BigInteger.Pow(2, 70), new Dictionary<string, object> { ["a"] = 1.5 } });
            for (var i = 0; i < 20000; i++)
            {
                var bytes = whole.Take(random.Next(whole.Length + 1)).ToArray();
                for (var j = random.Next(3); j > 0 && bytes.Length > 0; j--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                try
                {
                    Unpacker.Unpack(bytes);
                }
                catch (MessagePackException)
                {
                    // It is refused.
                }
            }
            var wrong = new[]
            {
                "", "c1", "ddffffffff", "dfffffffff", "c6ffffffff", string.Concat(Enumerable.Repeat("91", 100)), "0101", "d40578", "c702013178", "81c001",
            };
            foreach (var hex in wrong)
                Assert.Throws<MessagePackException>(() =>
                    Unpacker.Unpack(Enumerable.Range(0, hex.Length / 2).Select(i => Convert.ToByte(hex.Substring(2 * i, 2), 16)).ToArray()));
        }

        public static void TextsAreOrderedAsTheirBytes()
        {
            var texts = new[] { "\uFFFD", "😀", "a", "", "ab", "é", "\uD83D\uDE01" };
            var wanted = texts.OrderBy(text => BitConverter.ToString(Encoding.UTF8.GetBytes(text)), StringComparer.Ordinal);
            Assert.Equal(wanted.ToArray(), texts.OrderBy(text => text, Utf8Order.Instance).ToArray());
        }

        public static void EventsAreReadHoweverTheyAreCut()
        {
            var stream = Encoding.UTF8.GetBytes("\uFEFF: hello\nevent: snapshot\nid: 1\ndata: abc\n\nevent:heartbeat\r\ndata:\r\n\r\nretry: 250\rdata: x\rdata: y\r\r\n: only\n\n");
            for (var size = 1; size <= stream.Length; size++)
            {
                var events = new Events();
                var found = new List<object>();
                for (var at = 0; at < stream.Length; at += size)
                    foreach (var one in events.Feed(stream.Skip(at).Take(size).ToArray(), Math.Min(size, stream.Length - at)))
                        found.Add(new object[] { one.Type, one.Data, (long?)one.Retry });
                Assert.Equal(new object[] { new object[] { "snapshot", "abc", null }, new object[] { "heartbeat", "", null }, new object[] { "message", "x\ny", 250L } },
                    found, $"{size} bytes at once");
            }
            var endless = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("data: x\n", 2000)));
            Assert.Throws<UnreadableException>(() => new Events().Feed(endless, endless.Length));
        }
    }
}
