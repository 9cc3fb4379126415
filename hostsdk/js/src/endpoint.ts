const url = /^https?:\/\/([^/?#]*)[^?#]*/i
const authority = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(.*))?$/i

/**
 * Returns the address of a server, checked. The words are every SDK's, and don't repeat the address, since it may have a secret in
 * it. The cases are in hostsdk/testdata/endpoints.json.
 *
 * @throws TypeError if it can't be one.
 */
export function endpointOf(endpoint: string | URL): string {
  const text = String(endpoint)
  const fault = faultOf(text)
  if (fault !== undefined) throw new TypeError(`gonfalon: the endpoint ${fault}`)
  return text
}

function faultOf(endpoint: string): string | undefined {
  if (/[^!-~]|\\/.test(endpoint)) return 'has a character that no URL has'
  const [whole, server] = url.exec(endpoint) ?? []
  if (whole === undefined) return 'is not an http or https URL'
  if (server!.includes('@')) return 'has a user in it'
  if (whole !== endpoint) return 'has a query or a fragment'
  const parts = authority.exec(server!)
  if (parts === null) return 'has no host'
  const port = parts[1]
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) return 'has a port that is not in 1 to 65535'
  return URL.canParse(endpoint) ? undefined : 'has no host'
}
