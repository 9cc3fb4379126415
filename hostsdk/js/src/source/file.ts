import { readFile, stat } from 'node:fs/promises'
import { sleep } from './pause.js'
import type { Source } from './source.js'

/**
 * The source of a snapshot in a file, as `gonfalon compile` writes it. The file is looked at every so often, and read again when
 * it has changed.
 *
 * @param path of the file.
 * @param interval in milliseconds.
 */
export function file(path: string, interval = 1_000): Source {
  return {
    async run(feed, signal) {
      for (let seen = ''; ; await sleep(interval, signal)) {
        const { mtimeMs, size, ino } = await stat(path)
        const now = `${mtimeMs} ${size} ${ino}`
        if (now !== seen) feed.take(await readFile(path, { signal }))
        else feed.confirm()
        seen = now
      }
    },
  }
}
