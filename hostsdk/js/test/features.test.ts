import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as sdk from '../src/index.ts'

const folder = join(import.meta.dirname, '..')
const file = join(folder, 'features.json')
const has = (...names: string[]) => names.every((name) => name in sdk.Gonfalon.prototype)
const exports = (...names: string[]) => names.every((name) => name in sdk)
const tested = (...names: string[]) => names.every((name) => existsSync(join(folder, `test/${name}.test.ts`)))
const { exports: entries } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly exports: Record<string, unknown> }

/** What this package has of each feature in surface.json: a boolean, or its name. */
const features: Record<string, boolean | string> = {
  engine: existsSync(join(folder, 'src/engine')) && 'V8',
  'enabled, variant, typed payload, decide, decide all, explain': has(
    'enabled', 'variant', 'payload', 'payloadBoolean', 'payloadString', 'payloadNumber', 'payloadObject', 'decide', 'decideAll', 'explain',
  ),
  'prepared context, reused without building it again': has('context'),
  'stream with resume and deltas; polling with ETag': exports('stream', 'poll') && tested('recorded'),
  'file, bootstrap, last good on disk': exports('file') && 'Node',
  'in process with the control plane': exports('inProcess'),
  'states, events, age': has('state', 'stats', 'on'),
  'usage batches': tested('host'),
  'test helper with overrides, no network': './testing' in entries && '`testing`',
  'OpenFeature provider': './openfeature-server' in entries && './openfeature-web' in entries,
  'conformance vectors, shared cases and recorded streams (`testdata/`)': tested('conformance', 'values', 'recorded'),
  'wait for a revision; events of schedules': has('waitFor') && tested('events'),
  "an actor's score for any flag": exports('score') && 'Node: `score`',
  'an admin client, which reads and writes flags': './admin' in entries && '`admin`',
}

// GONFALON_UPDATE=1 writes the file.
test('the features are those of features.json', () => {
  const { features: rows } = JSON.parse(readFileSync(join(folder, '../surface.json'), 'utf8')) as { readonly features: readonly string[] }
  assert.deepEqual(Object.keys(features), rows)
  const said = Object.fromEntries(Object.entries(features).map(([row, is]) => [row, is === true ? 'yes' : is === false ? '–' : is]))
  const text = JSON.stringify(said, null, 2) + '\n'
  if (process.env['GONFALON_UPDATE']) writeFileSync(file, text)
  assert.equal(readFileSync(file, 'utf8'), text)
})
