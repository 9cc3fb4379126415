import { random } from '../engine/clock.js'
import { maxSnapshotBytes, snapshotFormat } from '../engine/memory.js'
import { FrameError, readBody } from './failure.js'
import { interval, sleep } from './pause.js'
import { supersedes, type Feed, type Source } from './source.js'

/** How often to ask, in milliseconds, if nothing else is said. */
export const defaultPoll = 15_000

/** How long one answer may take: 32 MiB at 1 MiB a second. */
const patience = 32_000

/**
 * The source that asks for the snapshot every so often; the control plane answers 304 where nothing has changed.
 *
 * @param every in milliseconds, with a jitter of a tenth.
 */
export function poll(every = defaultPoll): Source {
  const pause = interval('pollInterval', every)
  return {
    async run(feed, signal) {
      for (;;) {
        await fetchSnapshot(feed, signal)
        await sleep(pause * (0.9 + random() * 0.2), signal)
      }
    },
  }
}

/** Asks for the snapshot once. A replica that is a little behind is no error. */
export async function fetchSnapshot(feed: Feed, signal: AbortSignal): Promise<void> {
  const { serving } = feed
  const headers: Record<string, string> = serving === undefined ? {} : { 'If-None-Match': `"${serving.id}"`, 'X-Gonfalon-Position': serving.position }
  const response = await feed.get(snapshotPath(feed, 'snapshot'), headers, AbortSignal.any([signal, AbortSignal.timeout(patience)]))
  if (response.status === 304) {
    if (serving === undefined) throw new Error('the control plane answered 304 to a client that has nothing')
    return feed.confirm()
  }
  const { bytes, whole } = await readBody(response, maxSnapshotBytes)
  if (!whole) throw feed.refuse('the snapshot is larger than 32 MiB')
  try {
    feed.take(bytes, supersedes(response, serving))
  } catch (error) {
    if (!(error instanceof FrameError && error.kind === 'refused' && serving !== undefined)) throw error
  }
}

/** The path of an environment's snapshot or stream. It says which formats this SDK reads, so that a newer server writes one of them. */
export function snapshotPath(feed: Feed, what: 'snapshot' | 'stream'): string {
  return `/v1/envs/${encodeURIComponent(feed.environment)}/${what}?formats=${snapshotFormat}`
}
