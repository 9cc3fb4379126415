using System;
using System.Runtime.InteropServices;

namespace Gonfalon
{
    /// <summary>The C library, gonfalon.h function by function.</summary>
    internal static class Native
    {
        private const string Library = "gonfalon";

        internal const int Trapped = -100;
        internal const int Batch = 1024; // decisions a call
        internal const int MaxBytes = 32 << 20; // the engine's limit; larger ones aren't even handed to the library

        [StructLayout(LayoutKind.Sequential)]
        internal struct Text
        {
            internal IntPtr Data;
            internal uint Size;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct Decision
        {
            internal int Packed;
            internal uint Variant;
            internal Text Name, Payload, Target;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct Info
        {
            internal Text Environment;
            internal ulong Revision;
            internal uint Flags, Segments, Unreadable;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 32)] internal byte[] Id;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 16)] internal byte[] Lineage;
        }

        [DllImport(Library, EntryPoint = "gonfalon_load", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Load(byte[] bytes, UIntPtr size, out IntPtr snapshot, out uint offset);

        [DllImport(Library, EntryPoint = "gonfalon_free", CallingConvention = CallingConvention.Cdecl)]
        internal static extern void Free(IntPtr snapshot);

        [DllImport(Library, EntryPoint = "gonfalon_info", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ReadInfo(IntPtr snapshot, out Info info);

        [DllImport(Library, EntryPoint = "gonfalon_flag_key", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int FlagKey(IntPtr snapshot, uint number, out Text key, IntPtr unreadable);

        [DllImport(Library, EntryPoint = "gonfalon_needs", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Needs(IntPtr snapshot, byte[] request, UIntPtr size, out Text needs);

        [DllImport(Library, EntryPoint = "gonfalon_evaluate", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Evaluate(IntPtr snapshot, byte[] request, UIntPtr size);

        [DllImport(Library, EntryPoint = "gonfalon_decide", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Decide(IntPtr snapshot, byte[] request, UIntPtr size, out Decision decision);

        [DllImport(Library, EntryPoint = "gonfalon_batch", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int DecideBatch(IntPtr snapshot, byte[] request, UIntPtr size, uint first, [Out] Decision[] decisions);

        [DllImport(Library, EntryPoint = "gonfalon_explain", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Explain(IntPtr snapshot, byte[] request, UIntPtr size, out Text explanation);

        [DllImport(Library, EntryPoint = "gonfalon_splice", CallingConvention = CallingConvention.Cdecl)]
        internal static extern int Splice(IntPtr snapshot, byte[] delta, UIntPtr size, out Text spliced, out uint offset);
    }
}
