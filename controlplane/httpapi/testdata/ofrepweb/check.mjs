// Asks a control plane with OpenFeature's own web provider. Each line of standard input is a question, and each line of
// standard output what the provider answered (see ofrepclients_test.go):
//
//   node check.mjs URL TOKEN
//
// Then it asks on by itself. After "ready" it waits for the flag "later" to change, which the event stream announces, and prints it again.
import { createInterface } from 'node:readline'
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { EventSource } from 'eventsource'

globalThis.EventSource ??= EventSource // browsers have it

const [url, token] = process.argv.slice(2)
const provider = new OFREPWebProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${token}`]], cacheMode: 'disabled' })
await OpenFeature.setContext({ targetingKey: 'user:3', plan: 'pro', groups: ['staff'] })
await OpenFeature.setProviderAndWait(provider)
const client = OpenFeature.getClient()
const print = (name, details) => console.log(JSON.stringify({ name, ...details }))

const asks = {
  boolean: (key, mine) => client.getBooleanDetails(key, mine),
  string: (key, mine) => client.getStringDetails(key, mine),
  integer: (key, mine) => client.getNumberDetails(key, mine),
  float: (key, mine) => client.getNumberDetails(key, mine),
  object: (key, mine) => client.getObjectDetails(key, mine),
}
for await (const line of createInterface({ input: process.stdin })) {
  const { key, type, default: mine } = JSON.parse(line)
  print(undefined, asks[type](key, mine))
}

await OpenFeature.setContext({ targetingKey: 'user:3', plan: 'free' })
print('plan again', client.getBooleanDetails('plan', false))

const changed = new Promise(resolve => client.addHandler(ProviderEvents.ConfigurationChanged, resolve))
print('ready', client.getBooleanDetails('later', false))
await changed
print('changed', client.getBooleanDetails('later', false))
await OpenFeature.close()
process.exit(0)
