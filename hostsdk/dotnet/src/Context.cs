using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;

namespace Gonfalon
{
    /// <summary>A context that can't be read. The message says what is wrong with it.</summary>
    public sealed class ContextException : Exception
    {
        internal ContextException(string message) : base(message) { }
    }

    /// <summary>Anything that knows its id. An id that is null is an actor without one: only its groups
    /// count.</summary>
    public interface IActor
    {
        /// <summary>The id: a string, an integer, a Guid …</summary>
        object ActorId { get; }
    }

    /// <summary>Anything that knows its groups. It is asked only about those that the flag, or a prerequisite,
    /// names.</summary>
    public interface IMember
    {
        /// <summary>Reports whether it is in a group, at once.</summary>
        bool InGroup(string name);
    }

    /// <summary>Who is asking: an actor, its groups, and attributes. One that is prepared is read once and used for
    /// many decisions. An actor is a string, a number without a fraction, a Guid, an IActor or an IMember;
    /// anything else is nobody. Groups are a string, a list of strings, a Func of string and bool, or an IMember.
    /// Making a context never throws.</summary>
    public sealed class Context
    {
        private const int MaxGroups = 256; // of a request, by the module's ABI
        private const int MaxListed = 100000; // groups that are read of a context: an endless sequence must end
        private const int MaxIds = 4; // objects whose ids are objects, in one another
        private const int MaxNoted = 16;

        private readonly List<string> _groups = new List<string>();
        private readonly Dictionary<string, object> _attributes = new Dictionary<string, object>();
        private readonly Func<string, bool> _inGroup;
        private volatile Last _last;
        private readonly ContextException _noGroups, _noAttributes; // why none of these are known

        /// <summary>Reads a context.</summary>
        public Context(object actor = null, object groups = null, IEnumerable<KeyValuePair<string, object>> attributes = null)
        {
            var wrong = new List<string>();
            try
            {
                _inGroup = Membership(actor) ?? Membership(groups);
                if (Membership(groups) == null)
                    ReadGroups(groups, wrong);
            }
            catch (Exception error)
            {
                _noGroups = Unknown("groups", error);
            }
            Actor = ReadActor(actor, wrong, 0);
            // Groups without an actor are somebody's: an actor without a key.
            if (Actor == null && (_inGroup != null || _noGroups != null || _groups.Count > 0))
                Actor = false;
            try
            {
                _attributes = Values.Attributes(attributes, wrong);
            }
            catch (Exception error)
            {
                _noAttributes = Unknown("attributes", error);
            }
            Unreadable = wrong.Distinct().ToArray();
        }

        /// <summary>The actor as the module's ABI has it: its key, false for an actor without one, null for
        /// nobody.</summary>
        internal object Actor { get; }

        internal IReadOnlyList<string> Groups => _groups;

        internal IReadOnlyDictionary<string, object> Attributes => _attributes;

        /// <summary>What was left out, or counts as nobody, since it can't be read.</summary>
        internal IReadOnlyList<string> Unreadable { get; }

        /// <summary>Whether MemberOf depends on the groups that flags name.</summary>
        internal bool Asks => _inGroup != null || _groups.Count > MaxGroups;

        /// <summary>Returns the context that a call is given, prepared or in parts. Throws ContextException if it is
        /// both.</summary>
        internal static Context Of(object actor, object groups, IEnumerable<KeyValuePair<string, object>> attributes)
        {
            if (!(actor is Context prepared))
                return new Context(actor, groups, attributes);
            if (groups != null || attributes != null)
                throw new ContextException("groups and attributes are part of a prepared Context; give them when it is made");
            return prepared;
        }

        /// <summary>Returns the groups for a request about flags that name these. Throws ContextException if they
        /// can't be known.</summary>
        internal IReadOnlyList<string> MemberOf(IReadOnlyList<string> named)
        {
            if (_noGroups != null)
                throw _noGroups;
            var found = _groups;
            if (_inGroup != null)
            {
                try
                {
                    found = _groups.Union(named.Where(_inGroup)).ToList();
                }
                catch (Exception error)
                {
                    throw Unknown("groups", error);
                }
            }
            if (found.Count > MaxGroups)
                found = found.Intersect(named).ToList();
            if (found.Count > MaxGroups)
                throw new ContextException($"the flag names {found.Count} of the actor's groups, more than {MaxGroups}");
            return found;
        }

        /// <summary>Returns the attributes for a request about flags that look at these; null: at all. Throws
        /// ContextException if they can't be known, or are too many.</summary>
        internal IReadOnlyDictionary<string, object> Known(IReadOnlyList<string> names)
        {
            if (names != null && names.Count == 0)
                return None;
            if (_noAttributes != null)
                throw _noAttributes;
            if (names == null)
                return _attributes.Count <= Values.MaxAttributes
                    ? _attributes
                    : throw new ContextException($"there are {_attributes.Count} attributes, more than {Values.MaxAttributes}");
            var found = new Dictionary<string, object>(names.Count, StringComparer.Ordinal);
            foreach (var name in names)
                if (_attributes.TryGetValue(name, out var value))
                    found[name] = value;
            return found;
        }

        /// <summary>Returns the attributes for a request about flags that look at these, as they are written. They
        /// are written once as long as the same list is asked for, which flags share.</summary>
        internal byte[] Written(IReadOnlyList<string> names)
        {
            var last = _last;
            if (last == null || last.Names != names)
                _last = last = new Last(names, new Packer().Map(Known(names)).ToArray());
            return last.Bytes;
        }

        private sealed class Last
        {
            internal readonly IReadOnlyList<string> Names;
            internal readonly byte[] Bytes;

            internal Last(IReadOnlyList<string> names, byte[] bytes)
            {
                Names = names;
                Bytes = bytes;
            }
        }

        /// <summary>Returns the attributes for an explanation, which shows all of them if a request can have so
        /// many.</summary>
        internal IReadOnlyDictionary<string, object> Shown(IReadOnlyList<string> names) =>
            names?.Count == 0 || _attributes.Count > Values.MaxAttributes ? Known(names) : Known(null);

        private static readonly Dictionary<string, object> None = new Dictionary<string, object>();

        private static object ReadActor(object actor, List<string> wrong, int depth)
        {
            try
            {
                if (actor == null)
                    return null;
                if (actor is string text)
                    return Values.Text(text);
                if (actor is Guid guid)
                    return guid.ToString("D");
                if (Values.Whole(actor, out var whole) && Values.Digits(whole) is string digits)
                    return digits;
                if (actor is decimal exact && decimal.Truncate(exact) == exact)
                    return new BigInteger(exact).ToString(CultureInfo.InvariantCulture);
                if (actor is double || actor is float)
                {
                    var number = Convert.ToDouble(actor, CultureInfo.InvariantCulture);
                    if (Values.IsWhole(number))
                        return ((long)number).ToString(CultureInfo.InvariantCulture);
                }
                if (actor is IActor known)
                {
                    if (depth < MaxIds)
                        return known.ActorId is object id ? ReadActor(id, wrong, depth + 1) : false;
                }
                else if (actor is IMember)
                {
                    return false;
                }
                wrong.Add($"{actor.GetType().Name} as the actor");
            }
            catch (Exception error)
            {
                wrong.Add($"{actor.GetType().Name} as the actor, which throws {error.GetType().Name}");
            }
            return null;
        }

        /// <summary>Returns what answers "in this group?", if the object does.</summary>
        private static Func<string, bool> Membership(object given)
        {
            if (given is IMember member)
                return member.InGroup;
            return given as Func<string, bool>;
        }

        private void ReadGroups(object groups, List<string> wrong)
        {
            if (groups == null)
                return;
            if (groups is string text)
            {
                _groups.Add(Values.Text(text));
                return;
            }
            var other = groups is byte[] || groups is IDictionary || groups is IEnumerable<KeyValuePair<string, object>>;
            if (other || !(groups is IEnumerable))
            {
                wrong.Add($"{groups.GetType().Name} as the groups");
                return;
            }
            var count = 0;
            var size = 0L;
            foreach (var name in (IEnumerable)groups)
            {
                if (count++ == MaxListed || (size += (name as string)?.Length ?? 0) > Native.MaxBytes)
                    throw new ContextException($"there are more than {MaxListed} groups, or more than {Native.MaxBytes} bytes of them");
                if (name is string known)
                    _groups.Add(Values.Text(known));
                else if (wrong.Count < MaxNoted)
                    wrong.Add($"{name?.GetType().Name ?? "null"} as a group");
            }
        }

        /// <summary>Says what reading a part of a context came to. What the error says may be personal.</summary>
        private static ContextException Unknown(string part, Exception error) =>
            error as ContextException ?? new ContextException($"reading the {part} throws {error.GetType().Name}");
    }
}
