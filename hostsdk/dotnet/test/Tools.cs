using System;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace Gonfalon.Tests
{
    /// <summary>The tree, and the Go programs that tests need, which the environment names.</summary>
    internal static class Tools
    {
        internal static readonly string Tree = Environment.GetEnvironmentVariable("GONFALON_TREE");
        internal static readonly string Gonfalon = Environment.GetEnvironmentVariable("GONFALON_BIN");
        internal static readonly string Contract = Environment.GetEnvironmentVariable("GONFALON_CONTRACT");

        internal static readonly Action<LogLevel, string> Silent = (level, message) => { };

        internal static string Read(string path) => File.ReadAllText(Path.Combine(Tree, path));

        /// <summary>Returns the options of a client that doesn't wait between attempts, has no grace, and time for its last report.</summary>
        internal static Options Quick(string url) => new Options
        {
            Endpoint = url,
            Token = "token",
            Grace = TimeSpan.FromMilliseconds(10),
            Logger = Silent,
            Pace = new Pace
            {
                Backoff = TimeSpan.FromMilliseconds(10),
                Longest = TimeSpan.FromMilliseconds(20),
                Usage = TimeSpan.FromHours(1),
                Farewell = TimeSpan.FromSeconds(20),
            },
        };

        /// <summary>Runs a program, and returns what it printed.</summary>
        internal static string Output(string program, string arguments, string folder = null)
        {
            using (var process = Start(program, arguments, folder))
            {
                process.StandardInput.Close();
                var printed = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0 ? printed : throw new Failure($"{program} {arguments} ends with {process.ExitCode}: {printed}");
            }
        }

        internal static Process Start(string program, string arguments, string folder = null) => Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = folder ?? Directory.GetCurrentDirectory(),
        });

        /// <summary>Waits until something holds, which is looked at again and again.</summary>
        internal static void Until(Func<bool> holds, double seconds = 10, Func<string> about = null)
        {
            var began = Stopwatch.StartNew();
            while (!holds())
            {
                if (began.Elapsed.TotalSeconds > seconds)
                    throw new Failure("it never came to be" + (about == null ? "" : ": " + about()));
                Thread.Sleep(5);
            }
        }
    }

    /// <summary>A folder that ends with its owner.</summary>
    internal sealed class Folder : IDisposable
    {
        internal readonly string Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "gonfalon-" + Guid.NewGuid().ToString("N"));

        internal Folder() => Directory.CreateDirectory(Path);

        internal string File(string name) => System.IO.Path.Combine(Path, name);

        public void Dispose() => Directory.Delete(Path, true);
    }

    /// <summary>A server that hostsdk/contract plays, until it is disposed.</summary>
    internal sealed class ContractServer : IDisposable
    {
        private readonly Process _process;

        internal ContractServer(string arguments)
        {
            _process = Tools.Start(Tools.Contract, arguments);
            Url = _process.StandardOutput.ReadLine();
        }

        internal string Url { get; }

        /// <summary>Asks the test's own questions. Returns the answer; an error of the server is a Failure.</summary>
        internal string Ask(string method, string path)
        {
            var request = System.Net.WebRequest.CreateHttp(Url + path);
            request.Method = method;
            request.ContentLength = 0;
            request.KeepAlive = false;
            request.Timeout = 30000;
            if (method == "GET")
                request.ContentLength = -1;
            try
            {
                using (var response = request.GetResponse())
                using (var reader = new StreamReader(response.GetResponseStream()))
                    return reader.ReadToEnd();
            }
            catch (System.Net.WebException error) when (error.Response != null)
            {
                using (var reader = new StreamReader(error.Response.GetResponseStream()))
                    throw new Failure(reader.ReadToEnd());
            }
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
