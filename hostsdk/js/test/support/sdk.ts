export { Gonfalon, poll, stream, file, RefusedError, SnapshotError, FrameError, type Events, type Flags, type Options, type Source } from '../../src/index.ts'
