using System;
using System.IO;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace Gonfalon
{
    /// <summary>A snapshot in a file, which holds its bytes and nothing else.</summary>
    internal static class SnapshotFile
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5); // for what is no file, or a disk that doesn't answer
        private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(1); // then a file that is being written is of a killed process

        /// <summary>Reads a file that should be a snapshot, however large it is. Throws InvalidDataException for what
        /// is no regular file, or isn't read in time.</summary>
        internal static byte[] Read(string path)
        {
            if ((File.GetAttributes(path) & FileAttributes.Directory) != 0 || new FileInfo(path).Length == 0)
                throw new InvalidDataException($"{path} is empty, or not a regular file"); // a pipe is empty, and keeps its reader waiting
            // A link can hide a pipe from what looks at it.
            var reading = Task.Factory.StartNew(() => Content(path), TaskCreationOptions.LongRunning);
            if (!((IAsyncResult)reading).AsyncWaitHandle.WaitOne(Patience))
                throw new InvalidDataException($"{path} isn't read within {Patience.TotalSeconds} seconds");
            return reading.GetAwaiter().GetResult();
        }

        private static byte[] Content(string path)
        {
            using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            {
                if (!file.CanSeek)
                    throw new InvalidDataException($"{path} is not a regular file");
                if (file.Length > Native.MaxBytes)
                    throw new InvalidDataException($"{path} is larger than a snapshot can be");
                var data = new byte[file.Length];
                var read = 0;
                for (int n; read < data.Length && (n = file.Read(data, read, data.Length - read)) > 0; read += n) { }
                Array.Resize(ref data, read);
                return data;
            }
        }

        /// <summary>Writes a file whole or not at all. What is there and is no regular file is never
        /// replaced.</summary>
        internal static void Write(string path, byte[] data)
        {
            var beside = path + "." + Guid.NewGuid().ToString("N");
            Directory.CreateDirectory(Path.GetDirectoryName(path));
            var replaces = IsThere(path);
            if (replaces && !IsRegular(path))
                throw new InvalidDataException("what is there is not a regular file");
            try
            {
                using (var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
                {
                    file.Write(data, 0, data.Length);
                    file.Flush(flushToDisk: true);
                }
                if (replaces)
                    File.Replace(beside, path, null);
                else
                    File.Move(beside, path);
            }
            finally
            {
                TryDelete(beside);
            }
            Sweep(path);
        }

        /// <summary>Deletes what processes that were killed have left half written.</summary>
        private static void Sweep(string path)
        {
            var ours = new Regex("^" + Regex.Escape(Path.GetFileName(path)) + @"\.[0-9a-f]{32}$");
            try
            {
                foreach (var left in Directory.GetFiles(Path.GetDirectoryName(path)))
                    if (ours.IsMatch(Path.GetFileName(left)) && DateTime.UtcNow - File.GetLastWriteTimeUtc(left) > Abandoned)
                        TryDelete(left);
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
            {
                // The folder can't be listed, and what is kept is kept.
            }
        }

        private static bool IsThere(string path)
        {
            try
            {
                File.GetAttributes(path); // also of a link that leads nowhere
                return true;
            }
            catch (Exception error) when (error is FileNotFoundException || error is DirectoryNotFoundException)
            {
                return false;
            }
        }

        private static bool IsRegular(string path)
        {
            var attributes = File.GetAttributes(path);
            if ((attributes & FileAttributes.Directory) != 0 || !File.Exists(path))
                return false;
            if (new FileInfo(path).Length > 0 && (attributes & FileAttributes.ReparsePoint) == 0)
                return true;
            // It may be a pipe, and one that is opened for both doesn't wait for the other end.
            using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
                return file.CanSeek;
        }

        private static void TryDelete(string path)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
            {
                // It is only beside the copy.
            }
        }
    }
}
