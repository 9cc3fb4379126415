using System;
using System.Collections.Generic;

namespace Gonfalon
{
    /// <summary>A variant's payload as the type that a program asks for; null if it is of another one.</summary>
    internal static class Payload
    {
        internal static object Bool(object value) => value is bool ? value : null;

        internal static object String(object value) => value as string;

        /// <summary>Returns a number without a fraction within ±2^53, where integers and floats agree in every
        /// language.</summary>
        internal static object Int(object value)
        {
            if (value is long)
                return value;
            return value is double number && Values.IsWhole(number) && Math.Abs(number) < Values.Exact ? (object)(long)number : null;
        }

        internal static object Float(object value)
        {
            if (value is long whole)
                return (double)whole;
            return value is double number && !double.IsInfinity(number) && !double.IsNaN(number) ? value : null;
        }

        internal static object Object(object value) => value as IReadOnlyDictionary<string, object>;
    }
}
