import { Engine } from '../../../../../hostsdk/js/src/engine/engine.ts'
import { mount } from './mount'

export type { Engine }

let compiled: Promise<WebAssembly.Module> | undefined

/** The module that hosts run, from this server. */
function module(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compileStreaming(fetch(`${mount}/engine.wasm`))
  compiled.catch(() => (compiled = undefined))
  return compiled
}

/** An engine with an environment's snapshot, as a host has it; undefined if the role may not read snapshots. */
export async function engineOf(env: string): Promise<Engine | undefined> {
  const [code, answer] = await Promise.all([module(), fetch(`${mount}/v1/envs/${encodeURIComponent(env)}/snapshot`, { credentials: 'same-origin' })])
  if (!answer.ok) return undefined
  return new Engine(code, new Uint8Array(await answer.arrayBuffer()))
}
