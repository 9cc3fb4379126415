// Asks a control plane with OpenFeature's own provider for Node. Each line of standard input is a question, and each line of
// standard output what the provider answered (see ofrepclients_test.go):
//
//   node check_server.mjs URL TOKEN
import { createInterface } from 'node:readline'
import { OpenFeature } from '@openfeature/server-sdk'
import { OFREPProvider } from '@openfeature/ofrep-provider'

const [url, token] = process.argv.slice(2)
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${token}`]] }))
const client = OpenFeature.getClient()
const user = { targetingKey: 'user:3', plan: 'pro', groups: ['staff'] }
const asks = {
  boolean: (key, mine) => client.getBooleanDetails(key, mine, user),
  string: (key, mine) => client.getStringDetails(key, mine, user),
  integer: (key, mine) => client.getNumberDetails(key, mine, user),
  float: (key, mine) => client.getNumberDetails(key, mine, user),
  object: (key, mine) => client.getObjectDetails(key, mine, user),
}
for await (const line of createInterface({ input: process.stdin })) {
  const { key, type, default: mine } = JSON.parse(line)
  console.log(JSON.stringify(await asks[type](key, mine)))
}
await OpenFeature.close()
