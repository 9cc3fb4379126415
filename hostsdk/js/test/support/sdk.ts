export { Gonfalon, poll, stream, file, RefusedError, resolve, SnapshotError, FrameError, type Events, type Flags, type Options, type Source } from '../../src/index.ts'
