using System.Security.Cryptography;
using System.Text;

namespace Gonfalon
{
    /// <summary>Where an actor falls, for any flag.</summary>
    public static class Scores
    {
        /// <summary>Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a
        /// flag: what percentages and variants go by. Null for an actor without a key, for nobody, and
        /// without a key of the flag.</summary>
        public static double? Score(string key, object actor)
        {
            if (key == null || !(Context.Of(actor, null, null).Actor is string id))
                return null;
            using (var sha = SHA256.Create())
            {
                var digest = sha.ComputeHash(Encoding.UTF8.GetBytes(id + Values.Text(key)));
                return (digest[0] << 8 | digest[1]) / (double)Packed.Scores;
            }
        }
    }
}
