import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { maxSnapshotBytes } from '../engine/memory.js'
import { interval, sleep } from './pause.js'
import type { Source } from './source.js'

/**
 * The source of a snapshot in a file, as `gonfalon compile` writes it. The file is looked at every so often, and read again when
 * it has changed.
 *
 * @param path of the file.
 * @param every in milliseconds.
 */
export function file(path: string, every = 1_000): Source {
  const pause = interval('the interval of a file', every)
  return {
    async run(feed, signal) {
      for (let seen = ''; ; await sleep(pause, signal)) {
        const { mtimeMs, size, ino } = await stat(path)
        const now = `${mtimeMs} ${size} ${ino}`
        if (now !== seen) feed.take(await readSnapshot(path, signal))
        else feed.confirm()
        seen = now
      }
    },
  }
}

/** Reads a snapshot's file; of one that is larger than a snapshot may be, as much as shows that. A pipe could keep a start waiting. */
export async function readSnapshot(path: string | URL, signal?: AbortSignal): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${String(path)} is not a regular file`)
    const parts: Buffer[] = []
    for await (const part of file.createReadStream({ end: maxSnapshotBytes, autoClose: false, signal })) parts.push(part as Buffer)
    return new Uint8Array(Buffer.concat(parts))
  } finally {
    await file.close()
  }
}
