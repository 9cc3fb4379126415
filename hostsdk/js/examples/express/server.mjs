// A shop in one file: `make run` in one terminal, and in another
//
//     GONFALON_TOKEN=gfn_… npm run example
//     curl -H 'X-User: user:3' -H 'X-Groups: staff' http://127.0.0.1:3000/checkout
//
// GONFALON_TOKEN is a token of role sdk (or the admin token that `make run` shows). Change the flag while it runs; the next answer
// is another one, and no request waited for it.
import express from 'express'
import { Gonfalon } from '@gonfalon/sdk'

const flags = await Gonfalon.connect({
  endpoint: process.env.GONFALON_ENDPOINT ?? 'http://127.0.0.1:8080',
  token: process.env.GONFALON_TOKEN,
  lastGood: process.env.GONFALON_LAST_GOOD, // a file, to start by while the server is down
})
flags.on('stale', ({ error }) => console.warn('flags may be old:', error?.message))
flags.on('ready', () => console.log('flags are current'))
flags.on('change', ({ flags, revision }) => console.log(`revision ${revision}: ${flags.join(', ')}`))

const app = express()

// One context for all that a request asks, written for the engine once.
app.use((request, _, next) => {
  request.flags = flags.context({
    actor: request.get('X-User'),
    groups: request.get('X-Groups')?.split(',') ?? [],
    attributes: { plan: request.get('X-Plan') ?? 'free', path: request.path },
  })
  next()
})

app.get('/checkout', (request, response) => {
  response.json({ checkout: flags.enabled('new_checkout', request.flags) ? 'new' : 'old' })
})

// All decisions about one user, to begin a page with.
app.get('/flags', (request, response) => {
  response.json(Object.fromEntries(flags.decideAll(request.flags).map(({ key, enabled, variant }) => [key, variant ?? enabled])))
})

app.get('/why/:flag', (request, response) => {
  response.type('json').send(JSON.stringify(flags.explain(request.params.flag, request.flags), (_, v) => (typeof v === 'bigint' ? v.toString() : v), 2))
})

app.get('/healthz', (_, response) => {
  const { state, age, info } = flags.stats
  response.json({ flags: state, age, revision: info?.revision })
})

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/checkout`))

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close()
    await flags.close()
  })
}
