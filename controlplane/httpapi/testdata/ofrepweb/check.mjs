// Asks a control plane with OpenFeature's own web provider, and prints what it was told, one JSON object a line:
//
//   node check.mjs URL TOKEN
//
// After "ready" it waits for the flag "later" to change, which the event stream announces, and prints it again.
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

for (const key of ['on', 'off', 'staff', 'plan', 'child', 'killed', 'missing']) {
  print(key, client.getBooleanDetails(key, key === 'killed' || key === 'off'))
}
for (const key of ['names', 'killed_variant', 'killed_off_variant']) print(key, client.getStringDetails(key, 'mine'))
print('number', client.getNumberDetails('number', 0))
print('object', client.getObjectDetails('object', {}))

await OpenFeature.setContext({ targetingKey: 'user:3', plan: 'free' })
print('plan again', client.getBooleanDetails('plan', false))

const changed = new Promise(resolve => client.addHandler(ProviderEvents.ConfigurationChanged, resolve))
print('ready', client.getBooleanDetails('later', false))
await changed
print('changed', client.getBooleanDetails('later', false))
await OpenFeature.close()
process.exit(0)
