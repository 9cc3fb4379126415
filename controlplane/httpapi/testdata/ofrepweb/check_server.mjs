// Asks a control plane with OpenFeature's own provider for Node, and prints what it was told, one JSON object a line:
//
//   node check_server.mjs URL TOKEN
import { OpenFeature } from '@openfeature/server-sdk'
import { OFREPProvider } from '@openfeature/ofrep-provider'

const [url, token] = process.argv.slice(2)
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${token}`]] }))
const client = OpenFeature.getClient()
const user = { targetingKey: 'user:3', plan: 'pro', groups: ['staff'] }
const print = details => console.log(JSON.stringify({ name: details.flagKey, ...details }))

for (const key of ['on', 'off', 'staff', 'plan', 'child', 'killed', 'missing']) {
  print(await client.getBooleanDetails(key, key === 'killed' || key === 'off', user))
}
for (const key of ['names', 'killed_off_variant']) print(await client.getStringDetails(key, 'mine', user))
for (const key of ['number', 'whole']) print(await client.getNumberDetails(key, 0, user))
await OpenFeature.close()
