import type { EventSourceMessage } from 'eventsource-parser'
import { maxSnapshotBytes } from '../engine/memory.js'
import { decodeBase64 } from '../engine/module.js'
import { comeBack, FrameError, LaterError, RefusedError } from './failure.js'
import { readEvents, silence, Watchdog } from './events.js'
import { later } from './pause.js'
import { snapshotPath, fetchSnapshot } from './poll.js'
import { supersedes, type Feed, type Source } from './source.js'

/**
 * How long a stream has to send a snapshot to a client that resumes, in milliseconds. Nothing by then means that the client
 * is current.
 */
const settle = 250

/** The largest event: a snapshot in base64, and its other fields. */
const maxEvent = Math.ceil(maxSnapshotBytes / 3) * 4 + 4096

/**
 * The source of the control plane's event stream. Where it can't be had (a proxy that holds streams back, say), each attempt
 * asks for the snapshot once instead, so that flags are late rather than lost.
 */
export function stream(): Source {
  return {
    async run(feed, signal) {
      try {
        await follow(feed, signal)
      } catch (error) {
        if (signal.aborted || error instanceof RefusedError || feed.fed) throw error
        await fetchSnapshot(feed, signal)
        throw error
      }
    },
  }
}

/** Reads one connection to its end, which is always an error. */
async function follow(feed: Feed, outer: AbortSignal): Promise<never> {
  const watchdog = new Watchdog(silence, outer)
  const { signal } = watchdog
  let current: ReturnType<typeof setTimeout> | undefined
  let retry = 0
  try {
    const headers: Record<string, string> = { Accept: 'text/event-stream', 'Cache-Control': 'no-cache' }
    const { serving } = feed
    if (serving !== undefined) headers['Last-Event-ID'] = serving.position
    const response = await feed.get(snapshotPath(feed, 'stream'), headers, signal)
    if (serving !== undefined) current = later(settle, () => feed.confirm())
    let first = supersedes(response, serving)
    const heard = { heard: watchdog.heard, retry: (ms: number) => (retry = ms) }
    await readEvents(response, maxEvent, heard, (event) => {
      clearTimeout(current)
      const replaces = first && event.event === 'snapshot'
      if (replaces) first = false
      return take(feed, event, signal, replaces)
    })
  } catch (error) {
    throw outer.aborted || !feed.fed ? error : comeBack(retry, error)
  } finally {
    clearTimeout(current)
    watchdog.stop()
  }
  throw new LaterError(retry, 'the stream has ended')
}

/** Handles one event. Only what a whole snapshot didn't mend is an error. */
async function take(feed: Feed, event: EventSourceMessage, signal: AbortSignal, replaces: boolean): Promise<void> {
  if (event.event === 'heartbeat') return feed.confirm()
  if (event.event !== 'snapshot' && event.event !== 'delta') return // of a later version
  try {
    let frame: Uint8Array
    try {
      frame = decodeBase64(event.data)
    } catch (error) {
      throw feed.refuse(`the ${event.event} event isn't base64`, error)
    }
    feed.take(frame, replaces)
  } catch (error) {
    const { serving } = feed
    if (!(error instanceof FrameError)) throw error
    if (error.kind === 'refused') {
      if (serving !== undefined) return // nothing is wrong with what serves
      throw error
    }
    if (serving !== undefined && covers(serving, event.id)) return // a delta to what was fetched meanwhile
    await fetchSnapshot(feed, signal)
  }
}

/** Whether an event's id is of the same lineage, and not later. */
function covers(serving: { lineage: string; revision: number }, id: string | undefined): boolean {
  const [lineage, revision] = (id ?? '').split('-')
  return lineage === serving.lineage && revision !== undefined && Number(revision) <= serving.revision
}
