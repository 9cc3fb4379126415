/** Where a program finds a flag. */
export interface Asked {
  readonly endpoint: string
  readonly env: string
  readonly key: string
  readonly token: string
}

interface Language {
  readonly name: string
  readonly lines: (asked: Asked) => string
}

const text = JSON.stringify

/** Text for languages that read what stands in double quotes, but for one character that begins a name in them. */
function quoted(value: string, begins = ''): string {
  return begins ? text(value).replaceAll(begins, `\\${begins}`) : text(value)
}

/** The environment as one more argument, unless it is the one that programs ask by themselves. */
function named(as: string, env: string, begins = ''): string {
  return env === 'default' ? '' : `, ${as}${quoted(env, begins)}`
}

/** An argument of a shell. */
function shell(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`
}

/** How a program asks a flag, in each language that has an SDK, and without one. */
export const languages: readonly Language[] = [
  {
    name: 'Go',
    lines: ({ endpoint, env, key, token }) => `flags, err := gonfalon.New(ctx, gonfalon.Config{Endpoint: ${text(endpoint)}, Token: ${text(token)}${named('Environment: ', env)}})\ndefer flags.Close()\nif flags.Enabled(${text(key)}, gonfalon.For("user:3")) { … }`,
  },
  {
    name: 'Node',
    lines: ({ endpoint, env, key, token }) => `import { Gonfalon } from '@gonfalon/sdk'\nconst flags = await Gonfalon.connect({ endpoint: ${text(endpoint)}, token: ${text(token)}${named('environment: ', env)} })\nif (flags.enabled(${text(key)}, { actor: 'user:3' })) { … }`,
  },
  {
    name: 'Python',
    lines: ({ endpoint, env, key, token }) => `from gonfalon import Gonfalon\nwith Gonfalon(${text(endpoint)}, ${text(token)}${named('environment=', env)}) as flags:\n    if flags.enabled(${text(key)}, actor="user:3"): …`,
  },
  {
    name: 'Ruby',
    lines: ({ endpoint, env, key, token }) => `require "gonfalon"\nflags = Gonfalon::Client.new(endpoint: ${quoted(endpoint, '#')}, token: ${quoted(token, '#')}${named('environment: ', env, '#')})\nputs "on" if flags.enabled?(${quoted(key, '#')}, "user:3")`,
  },
  {
    name: 'curl',
    lines: ({ endpoint, env, key, token }) => `curl -s ${shell(`${endpoint}/ofrep/v1/evaluate/flags/${encodeURIComponent(key)}`)} \\\n     -H ${shell(`Authorization: Bearer ${token}`)} -H ${shell(`X-Gonfalon-Env: ${env}`)} \\\n     -d '{"context": {"targetingKey": "user:3"}}'`,
  },
]
