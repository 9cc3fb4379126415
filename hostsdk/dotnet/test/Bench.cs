namespace Gonfalon.Tests
{
    internal static class Bench
    {
        internal static int Start(string[] arguments) => 0;
    }
}
