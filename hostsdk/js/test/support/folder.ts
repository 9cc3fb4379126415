import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one test. */
export function folder(t: { after(end: () => unknown): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'gonfalon-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}
