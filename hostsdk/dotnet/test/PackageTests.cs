using System;
using System.Diagnostics;
using System.IO;

namespace Gonfalon.Tests
{
    /// <summary>The SDK in an empty folder: its assembly, its library, and a program that mcs compiles
    /// there.</summary>
    [Tests]
    internal static class PackageTests
    {
        private const string Program = @"
            static class Program
            {
                static void Main()
                {
                    var flags = new Gonfalon.Testing.TestFlags();
                    flags.Serve(""hero"", ""blue"");
                    System.Console.WriteLine(flags.Variant(""hero"", ""user:3""));
                }
            }";

        public static void AProgramInAnEmptyFolder()
        {
            using (var folder = new Folder())
            {
                Carry(folder);
                File.WriteAllText(folder.File("Program.cs"), Program);
                Tools.Output("mcs", "-r:Gonfalon.dll Program.cs", folder.Path);
                Assert.Equal("blue\n", Alone(folder, "Program.exe"));
            }
        }

        public static void TheExampleRuns()
        {
            using (var folder = new Folder())
            using (var server = new FakeServer(ClientTests.Granting("new_checkout", "staff")))
            {
                Carry(folder);
                File.Copy(Path.Combine(Tools.Tree, "hostsdk/dotnet/examples/Shop.cs"), folder.File("Shop.cs"));
                Tools.Output("mcs", "-r:Gonfalon.dll Shop.cs", folder.Path);
                Environment.SetEnvironmentVariable("GONFALON_ENDPOINT", server.Url);
                Environment.SetEnvironmentVariable("GONFALON_TOKEN", "token");
                try
                {
                    Assert.Equal("the new checkout\n", Alone(folder, "Shop.exe user:3 staff"));
                    Assert.Equal("the old checkout\n", Alone(folder, "Shop.exe user:3"));
                }
                finally
                {
                    Environment.SetEnvironmentVariable("GONFALON_ENDPOINT", null);
                    Environment.SetEnvironmentVariable("GONFALON_TOKEN", null);
                }
            }
        }

        private static void Carry(Folder folder)
        {
            foreach (var name in new[] { "Gonfalon.dll", "libgonfalon.so" })
                File.Copy(Path.Combine(Tools.Tree, "hostsdk/dotnet/build", name), folder.File(name));
        }

        // The library is found beside the program.
        private static string Alone(Folder folder, string arguments) =>
            Tools.Output("env", "-u LD_LIBRARY_PATH mono " + arguments, folder.Path);
    }
}
