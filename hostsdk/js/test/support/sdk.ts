export { Gonfalon, poll, stream, file, RefusedError, resolve, LoadError, FrameError, type Events, type Flags, type Options, type Source } from '../../src/index.ts'
