import { lstat, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { random32 } from './engine/clock.js'
import type { Logger } from './log.js'
import type { Keeper } from './options.js'
import { readSnapshot } from './source/file.js'

/**
 * Keeps the last good snapshot in a file. It is replaced whole or not at all: written beside it, synced, renamed. It replaces a
 * regular file only: no pipe, device or folder; of a link, the file that it names.
 */
export class LastGood implements Keeper {
  private waiting: Uint8Array | undefined
  private writing: Promise<void> | undefined

  constructor(
    private readonly path: string,
    private readonly log: Logger,
  ) {}

  async read(): Promise<Uint8Array | undefined> {
    try {
      return await readSnapshot(this.path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.log.warn(`gonfalon: the last good snapshot can't be read`, error)
      return undefined
    }
  }

  write(bytes: Uint8Array): void {
    this.waiting = bytes
    this.writing ??= this.drain()
  }

  async flush(): Promise<void> {
    await this.writing
  }

  private async drain(): Promise<void> {
    while (this.waiting !== undefined) {
      const bytes = this.waiting
      this.waiting = undefined
      try {
        await replace(this.path, bytes)
      } catch (error) {
        this.log.warn(`gonfalon: the last good snapshot can't be written`, error)
      }
    }
    this.writing = undefined
  }
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if ((await lstat(path).catch(() => undefined))?.isSymbolicLink()) path = await realpath(path)
  const there = await stat(path).catch(() => undefined)
  if (there !== undefined && !there.isFile()) throw new Error(`${path} is not a regular file`)
  const beside = `${path}.${process.pid}.${random32().toString(36)}.new`
  try {
    const file = await open(beside, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
    await sweep(path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/** Milliseconds after which a file that is being written belongs to a process that was killed. */
const abandoned = 60_000

/** Deletes what processes that were killed have left half written. */
async function sweep(path: string): Promise<void> {
  for (const entry of await readdir(dirname(path), { withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile() || !entry.name.startsWith(basename(path)) || !/^\.\d+\.[0-9a-z]+\.new$/.test(entry.name.slice(basename(path).length))) continue
    const left = join(dirname(path), entry.name)
    const written = (await stat(left).catch(() => undefined))?.mtimeMs ?? Infinity
    if (Date.now() - written > abandoned) await rm(left, { force: true }).catch(() => {}) // another process was quicker
  }
}
