import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { binary } from './snapshots.ts'

export const adminToken = 'an-admin-token-for-tests'

/** A control plane of our own: the gonfalon binary, with everything in memory. */
export class Plane {
  private constructor(
    readonly endpoint: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(t: { after(end: () => unknown): void }, { port = 0, args = ['--in-memory'] }: { port?: number; args?: string[] } = {}): Promise<Plane> {
    const child = spawn(binary, ['serve', ...args, '--listen', `127.0.0.1:${port}`, '--seed=false', '--allow-origins', '*', '--log-level', 'warn'], {
      env: { ...process.env, GONFALON_ADMIN_TOKEN: adminToken },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout! })
    for await (const line of lines) {
      const endpoint = /API\s+(http:\S+)\/v1/.exec(line)?.[1]
      if (endpoint === undefined) continue
      lines.close()
      child.stdout!.resume()
      const plane = new Plane(endpoint, child)
      t.after(() => plane.stop())
      return plane
    }
    throw new Error('the control plane did not start')
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exit = once(this.child, 'exit')
    this.child.kill(signal)
    await exit
  }

  /** Asks the admin API; an answer that isn't 2xx is an error. */
  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.endpoint}/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  put(flag: { readonly key: string }): Promise<unknown> {
    return this.api('PUT', `/envs/default/flags/${encodeURIComponent(flag.key)}`, flag)
  }

  async token(role: 'sdk' | 'client'): Promise<string> {
    const { token } = (await this.api('POST', '/tokens', { name: `${role} of a test`, role, envs: ['default'] })) as { token: string }
    return token
  }
}
