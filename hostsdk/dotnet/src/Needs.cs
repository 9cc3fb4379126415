using System;
using System.Collections.Generic;
using System.Linq;

namespace Gonfalon
{
    /// <summary>What deciding one flag can ask for (the ABI's "needs"), and the requests that ask no more than that.
    /// The rest of a context is neither read nor written.</summary>
    internal sealed class Needs
    {
        private const string Replacement = "\uFFFD";
        private static readonly string[] NoNames = new string[0];

        private readonly bool _now, _roll, _alone;
        private readonly long _number;

        /// <summary>Reads what the engine answers. share returns one list for all flags that look at the same
        /// attributes.</summary>
        internal Needs(string key, object written, int packed, Func<string[], string[]> share)
        {
            var needs = (IReadOnlyList<object>)written;
            Key = key;
            Groups = ((IReadOnlyList<object>)needs[0]).Cast<string>().ToArray();
            var names = (needs[1] as IReadOnlyList<object>)?.Cast<string>().ToArray();
            // A name that isn't valid Unicode can become the one that is looked for, so that all have to be seen.
            Attributes = names == null || names.Any(name => name.Contains(Replacement)) ? null : share(names);
            _number = (long?)needs[2] ?? -1;
            _now = (bool)needs[3];
            _roll = (bool)needs[4];
            _alone = Groups.Count == 0 && Attributes?.Count == 0 && !_now && !_roll;
            const int pointing = Packed.HasVariant | Packed.HasTarget;
            if (packed == 0 || (packed & (Packed.IsFixed | pointing)) == Packed.IsFixed)
                Fixed = packed;
        }

        /// <summary>The flag's key.</summary>
        internal string Key { get; }

        /// <summary>Whether there is such a flag.</summary>
        internal bool Exists => _number >= 0;

        /// <summary>Every group that a gate names.</summary>
        internal IReadOnlyList<string> Groups { get; }

        /// <summary>The attributes that rules look at; null: all that there are, and all groups.</summary>
        internal IReadOnlyList<string> Attributes { get; }

        /// <summary>The packed decision, if it is the same for every request and points at nothing.</summary>
        internal int? Fixed { get; }

        /// <summary>Writes the request for the flag. Parts of the context that can't be read are noted in
        /// mistakes.</summary>
        internal Packer Write(Packer to, object actor, object groups, IEnumerable<KeyValuePair<string, object>> attributes, long? now,
            ulong? roll, Mistakes mistakes)
        {
            if (actor is string key && (_alone || (groups == null && (attributes == null || Attributes?.Count == 0))))
            {
                if (_alone)
                    return to.Byte(0x92).Integer(_number).Text(Values.Text(key));
                to.Byte(0x96).Integer(_number).Text(Values.Text(key)).Texts(NoNames);
                return Chance(to, now, roll).Byte(0x80);
            }
            var context = Context.Of(actor, groups, attributes);
            if (context.Unreadable.Count > 0)
                mistakes.UnreadableContext(context.Unreadable);
            if (_alone)
                return to.Byte(0x92).Integer(_number).Write(context.Actor);
            var memberOf = Attributes == null || Groups.Count > 0 ? context.MemberOf(Groups) : NoNames;
            to.Byte(0x96).Integer(_number).Write(context.Actor).Texts(memberOf);
            return Chance(to, now, roll).Raw(context.Written(Attributes));
        }

        private Packer Chance(Packer to, long? now, ulong? roll) =>
            to.Integer(_now ? now ?? Engine.Now : 0).Integer(_roll ? (long)(roll ?? Random64.Next()) : 0);
    }

    /// <summary>64 random bits, for any thread.</summary>
    internal static class Random64
    {
        [ThreadStatic] private static Random _random;
        [ThreadStatic] private static byte[] _bytes;

        internal static ulong Next()
        {
            if (_random == null)
            {
                _random = new Random(Guid.NewGuid().GetHashCode());
                _bytes = new byte[8];
            }
            _random.NextBytes(_bytes);
            return BitConverter.ToUInt64(_bytes, 0);
        }
    }
}
