const day = 86_400_000
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function clock(at: Date): string {
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`
}

/** A day in the viewer's zone, such as "28 Nov", with its year if that is another than now's. */
export function dayOf(time: string, now = new Date()): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return time // a draft can have anything
  return `${at.getDate()} ${months[at.getMonth()]}${at.getFullYear() === now.getFullYear() ? '' : ` ${at.getFullYear()}`}`
}

/** A day and an hour in the viewer's zone, such as "1 Dec, 09:00". */
export function momentOf(time: string, now = new Date()): string {
  return Number.isNaN(Date.parse(time)) ? time : `${dayOf(time, now)}, ${clock(new Date(time))}`
}

/** How long ago something was, as people say it. */
export function ago(time: string | undefined, now = new Date()): string {
  if (!time) return 'never'
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return time
  const seconds = (now.getTime() - at.getTime()) / 1000
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${Math.floor(seconds)} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  if (at.getTime() >= midnight) return `today, ${clock(at)}`
  if (at.getTime() >= midnight - day) return `yesterday, ${clock(at)}`
  return dayOf(time, now)
}

/** A count as people read it: 940, 9.1 k, 48 k, 3.2 M. */
export function count(n: number): string {
  if (n < 1000) return String(n)
  for (const [unit, by] of [['M', 1e6], ['k', 1e3]] as const) if (n >= by) return `${n / by < 10 ? (n / by).toFixed(1) : Math.round(n / by)} ${unit}`
  return String(n)
}

/** A share from 0 to 1 as a percentage, with as many digits as it needs, at most two after the point. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}
