using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;

namespace Gonfalon.Tests
{
    /// <summary>Marks a class whose public methods without parameters are tests, and whose public static properties
    /// of type Cases have more.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    internal sealed class TestsAttribute : Attribute { }

    /// <summary>Tests by name.</summary>
    public sealed class Cases : List<KeyValuePair<string, Action>>
    {
        internal void Add(string name, Action test) => Add(new KeyValuePair<string, Action>(name, test));
    }

    /// <summary>A test that failed.</summary>
    public sealed class Failure : Exception
    {
        internal Failure(string message) : base(message) { }
    }

    /// <summary>What tests say.</summary>
    internal static class Assert
    {
        internal static void True(bool holds, string what = "it") => Equal(true, holds, what);

        internal static void False(bool holds, string what = "it") => Equal(false, holds, what);

        internal static void Equal(object wanted, object found, string what = "it")
        {
            if (!Same(wanted, found))
                throw new Failure($"{what} is {Shown(found)}, wanted {Shown(wanted)}");
        }

        internal static T Throws<T>(Action action) where T : Exception
        {
            try
            {
                action();
            }
            catch (T error)
            {
                return error;
            }
            throw new Failure($"nothing threw {typeof(T).Name}");
        }

        internal static bool Same(object a, object b)
        {
            if (a is System.Collections.IEnumerable && b is System.Collections.IEnumerable && !(a is string) && !(b is string))
                return Shown(a) == Shown(b);
            return Equals(a, b);
        }

        internal static string Shown(object value)
        {
            if (value == null) return "null";
            if (value is double whole && Math.Floor(whole) == whole) return $"{(long)whole} (Int64)"; // of two numbers inside a payload
            if (value is string text) return $"\"{text}\"";
            if (value is IEnumerable<KeyValuePair<string, object>> map)
                return "{" + string.Join(", ", map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Key + ": " + Shown(pair.Value))) + "}";
            if (value is System.Collections.IEnumerable list) return "[" + string.Join(", ", list.Cast<object>().Select(Shown)) + "]";
            return $"{value} ({value.GetType().Name})";
        }
    }

    /// <summary>Runs all tests, or those whose name has a word.</summary>
    internal static class Run
    {
        private static int Main(string[] arguments)
        {
            if (arguments.Length > 0 && arguments[0] == "conformance") return Conformance.Start(arguments.Skip(1));
            if (arguments.Length > 0 && arguments[0] == "differential") return Differential.Start(arguments[1], arguments[2]);
            if (arguments.Length > 0 && arguments[0] == "bench") return Bench.Start(arguments.Skip(1).ToArray());
            int passed = 0, failed = 0;
            foreach (var test in All().Where(test => arguments.Length == 0 || test.Key.Contains(arguments[0])))
            {
                try
                {
                    test.Value();
                    passed++;
                }
                catch (Exception error)
                {
                    failed++;
                    var cause = error is TargetInvocationException ? error.InnerException : error;
                    Console.WriteLine($"failed {test.Key}: {(cause is Failure ? cause.Message : cause.ToString())}");
                }
            }
            Console.WriteLine($"{passed} passed, {failed} failed");
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        private static IEnumerable<KeyValuePair<string, Action>> All()
        {
            foreach (var type in typeof(Run).Assembly.GetTypes().Where(t => t.GetCustomAttribute<TestsAttribute>() != null).OrderBy(t => t.Name))
            {
                const BindingFlags own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
                foreach (var cases in type.GetProperties(own).Where(p => p.PropertyType == typeof(Cases)))
                foreach (var test in (Cases)cases.GetValue(null))
                    yield return new KeyValuePair<string, Action>($"{type.Name}: {test.Key}", test.Value);
                foreach (var method in type.GetMethods(own).Where(m => m.GetParameters().Length == 0 && !m.IsSpecialName))
                    yield return new KeyValuePair<string, Action>($"{type.Name}.{method.Name}", () =>
                    {
                        var returned = method.Invoke(method.IsStatic ? null : Activator.CreateInstance(type), null);
                        (returned as Task)?.GetAwaiter().GetResult();
                    });
            }
        }
    }
}
