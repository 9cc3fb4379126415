// Asks a flag of a server: Shop.exe USER [GROUP]. GONFALON_ENDPOINT and GONFALON_TOKEN say of which server.
//
//   mcs -r:Gonfalon.dll examples/Shop.cs && mono Shop.exe user:3 staff

using System;
using System.Collections.Generic;
using Gonfalon;

internal static class Shop
{
    private sealed class User : IActor, IMember
    {
        internal string Id;
        internal List<string> Groups;

        public object ActorId => Id;

        public bool InGroup(string name) => Groups.Contains(name);
    }

    private static void Main(string[] arguments)
    {
        var user = new User { Id = arguments[0], Groups = new List<string>(arguments).GetRange(1, arguments.Length - 1) };
        using (var flags = new Client(new Options()))
        {
            flags.Subscribe(what =>
            {
                if (what is FlagsChanged changed)
                    Console.Error.WriteLine("changed: " + string.Join(", ", changed.Flags));
            });
            Console.WriteLine(flags.Enabled("new_checkout", user) ? "the new checkout" : "the old checkout");
            Console.Error.WriteLine(flags.Explain("new_checkout", user));
        }
    }
}
