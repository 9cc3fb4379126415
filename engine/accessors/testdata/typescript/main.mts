// Prints what a program gets by the generated functions.
import { Gonfalon, silent } from '@gonfalon/sdk'
import * as flags from './flags.mjs'

const client = await Gonfalon.connect({ bootstrap: process.argv[2]!, logger: silent })
const actor = 'user:3'
console.log(flags.newCheckoutX1b72c6a1(client, { actor }), flags.classFlag(client, { actor }), flags.flag1st(client))
console.log(flags.heroXae6c79d1Variant(client, { actor, default: 'name' }))
console.log(
  flags.colorPayload(client, { actor, default: 'red' }),
  flags.limitPayload(client, { actor, default: 1 }),
  flags.ratioPayload(client, { actor, default: 2 }),
  flags.fastPayload(client, { actor, default: false }),
)
const none: flags.ThemePayload = { Class: '', border: { width: 0 }, class: '', color: '', points: [], sizes: [] }
const theme = flags.themePayload(client, { actor, default: none })
console.log(theme.color, theme.sizes.length, theme.border.width, theme.border.style == null, theme.points[1]?.x, theme.note == null)
await client.close()
