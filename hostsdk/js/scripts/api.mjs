// Writes src/admin/api.ts, the types of the control plane's HTTP API, from its OpenAPI document.
import { mkdirSync, writeFileSync } from 'node:fs'
import openapi, { astToString } from 'openapi-typescript'

const out = new URL('../src/admin/api.ts', import.meta.url)
const ast = await openapi(new URL('../../../controlplane/httpapi/openapi.yaml', import.meta.url))
mkdirSync(new URL('.', out), { recursive: true })
writeFileSync(out, `// Made from controlplane/httpapi/openapi.yaml by scripts/api.mjs.\n\n${astToString(ast)}`)
