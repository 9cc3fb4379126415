using System.Collections.Generic;
using System.Linq;

namespace Gonfalon.Testing
{
    using Attributes = IEnumerable<KeyValuePair<string, object>>;

    /// <summary>Flags that a test set, over those of a base. A flag's prerequisites are looked for in its own
    /// layer.</summary>
    internal sealed class LayeredEngine : Engine
    {
        private readonly Engine _top, _base;
        private readonly HashSet<string> _over;

        internal LayeredEngine(Engine top, Engine @base) : base(top)
        {
            _top = top;
            _base = @base;
            _over = new HashSet<string>(top.Keys);
        }

        internal override IReadOnlyList<string> Keys => _over.Union(_base.Keys).OrderBy(key => key, Utf8Order.Instance).ToArray();

        internal override int Evaluate(string key, object actor, object groups, Attributes attributes, long? now, ulong? roll) =>
            Of(key).Evaluate(key, actor, groups, attributes, now, roll);

        internal override Decision Decide(string key, object actor, object groups, Attributes attributes, long? now, ulong? roll) =>
            Of(key).Decide(key, actor, groups, attributes, now, roll);

        internal override IReadOnlyList<Decision> DecideAll(IReadOnlyList<string> keys, object actor, object groups, Attributes attributes,
            long? now, ulong? roll) =>
            (keys ?? Keys).Select(key => Decide(key, actor, groups, attributes, now, roll)).ToArray();

        internal override Explanation Explain(string key, object actor, object groups, Attributes attributes, long? now, ulong? roll) =>
            Of(key).Explain(key, actor, groups, attributes, now, roll);

        internal override Dictionary<string, long[]> TakeUsage() => _top.TakeUsage();

        // The base stays, for the next layer.
        internal override void Retire() => _top.Retire();

        private Engine Of(string key) => key == null || _over.Contains(key) ? _top : _base;
    }
}
