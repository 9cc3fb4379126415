using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Gonfalon.Tests")]
