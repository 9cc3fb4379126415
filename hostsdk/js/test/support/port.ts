import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port for what is started again. Systems give away none below 32768 themselves, so nobody takes it meanwhile. */
export async function unused(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch {
      continue
    }
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
