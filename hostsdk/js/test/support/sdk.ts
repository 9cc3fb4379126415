export { Gonfalon, poll, stream, file, LaterError, RefusedError, resolve, LoadError, FrameError, type Events, type Flags, type Options, type Source } from '../../src/index.ts'
