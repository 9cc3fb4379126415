import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gonfalon, score } from '../src/index.ts'
import { compile } from './support/snapshots.ts'
import { quick } from './support/wait.ts'

test('an actor’s score is the engine’s, for whatever is an actor', async (t) => {
  const key = 'größe'
  const flags = await Gonfalon.connect({ ...quick, bootstrap: compile({ flags: [{ key, gates: [{ type: 'percentage_of_actors', ratio: 0.5 }] }] }) })
  t.after(() => flags.close())
  const actors = ['', 'user:1', 'a\ud800', '\u{1f3f4}', 42, -7, 2 ** 53, 10n ** 30n, { actorId: 'user:1' }]
  for (const actor of actors) assert.equal(score(key, actor), flags.decide(key, { actor }).score)
  for (const actor of [undefined, null, 1.5, true as never, { actorId: null }]) assert.equal(score(key, actor), undefined)
  assert.equal(score('bc', 'a'), score('c', 'ab'), 'the actor comes first, without a separator')
  assert.equal(Math.floor(score('some_flag', 'never-seen')! * 65536), score('some_flag', 'never-seen')! * 65536)
})
