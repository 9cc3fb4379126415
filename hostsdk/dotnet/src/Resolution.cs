namespace Gonfalon
{
    /// <summary>A flag's one value, by the table "Values" of the SDK contract. Value null is the caller's default.
    /// Reason and Error are OpenFeature's words; no error is empty.</summary>
    internal sealed class Resolution
    {
        internal readonly object Value;
        internal readonly string Variant, Reason, Error;

        private Resolution(object value, string variant, string reason, string error = "")
        {
            Value = value;
            Variant = variant;
            Reason = reason;
            Error = error;
        }

        /// <summary>Returns the value that a decision gives its flag, by the first row that fits.</summary>
        internal static Resolution Of(Decision decision)
        {
            if (decision.Error is ContextException)
                return new Resolution(null, null, "ERROR", "INVALID_CONTEXT");
            if (decision.Error != null)
                return new Resolution(null, null, "ERROR", "GENERAL");
            if (decision.Reason == Gonfalon.Reason.NotReady)
                return new Resolution(null, null, "ERROR", "PROVIDER_NOT_READY");
            if (!decision.Known)
                return new Resolution(null, null, "ERROR", "FLAG_NOT_FOUND");
            if (decision.Variant != null)
            {
                var value = decision.HasPayload ? decision.Payload : decision.Variant;
                return new Resolution(value, decision.Variant, decision.Killed ? "STATIC" : "SPLIT");
            }
            if (decision.HasVariants)
                return new Resolution(null, null, decision.Killed ? "DISABLED" : "DEFAULT");
            if (decision.Killed)
                return new Resolution(false, "off", "STATIC");
            return new Resolution(decision.Enabled, decision.Enabled ? "on" : "off", ReasonOf(decision.Reason));
        }

        private static string ReasonOf(Reason reason)
        {
            switch (reason)
            {
                case Gonfalon.Reason.Static:
                case Gonfalon.Reason.TargetingMatch:
                case Gonfalon.Reason.Split: return Words.Of(reason);
                default: return "DEFAULT";
            }
        }
    }
}
