/** Where a program finds a flag. */
export interface Asked {
  readonly endpoint: string
  readonly env: string
  readonly key: string
  readonly token: string
}

interface Language {
  readonly name: string
  readonly install: string // as the SDK's README has it
  readonly lines: (asked: Asked) => string
}

const text = JSON.stringify

/** Text where # begins a name in double quotes. */
function quoted(value: string): string {
  return text(value).replaceAll('#', '\\#')
}

/** Text in single quotes, in which only these and the backslash mean something. */
function single(value: string): string {
  return `'${value.replaceAll(/['\\]/g, '\\$&')}'`
}

/** The environment as one more argument, unless it is the one that programs ask by themselves. */
function named(before: string, env: string, after = '', write = text): string {
  return env === 'default' ? '' : before + write(env) + after
}

/** An argument of a shell. */
function shell(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`
}

/** How a program asks a flag, in each language that has an SDK, and without one. */
export const languages: readonly Language[] = [
  {
    name: 'Go',
    install: 'go mod edit -require github.com/gonfalon-flags/gonfalon@v0.0.0 -replace github.com/gonfalon-flags/gonfalon=../gonfalon\ngo mod tidy',
    lines: ({ endpoint, env, key, token }) => `flags, err := gonfalon.New(ctx, gonfalon.Config{Endpoint: ${text(endpoint)}, Token: ${text(token)}${named(', Environment: ', env)}})\ndefer flags.Close()\nif flags.Enabled(${text(key)}, gonfalon.For("user:3")) { … }`,
  },
  {
    name: 'Node',
    install: '(cd hostsdk/js && npm ci && npm pack --pack-destination /tmp)\nnpm install /tmp/gonfalon-sdk-*.tgz',
    lines: ({ endpoint, env, key, token }) => `import { Gonfalon } from '@gonfalon/sdk'\nconst flags = await Gonfalon.connect({ endpoint: ${text(endpoint)}, token: ${text(token)}${named(', environment: ', env)} })\nif (flags.enabled(${text(key)}, { actor: 'user:3' })) { … }`,
  },
  {
    name: 'Python',
    install: 'pip install ./hostsdk/python',
    lines: ({ endpoint, env, key, token }) => `from gonfalon import Gonfalon\nwith Gonfalon(${text(endpoint)}, ${text(token)}${named(', environment=', env)}) as flags:\n    if flags.enabled(${text(key)}, actor="user:3"): …`,
  },
  {
    name: 'Ruby',
    install: 'hostsdk/ruby/gem.sh\ngem install hostsdk/ruby/pkg/gonfalon.gem',
    lines: ({ endpoint, env, key, token }) => `require "gonfalon"\nflags = Gonfalon::Client.new(endpoint: ${quoted(endpoint)}, token: ${quoted(token)}${named(', environment: ', env, '', quoted)})\nputs "on" if flags.enabled?(${quoted(key)}, "user:3")`,
  },
  {
    name: 'Elixir',
    install: '{:gonfalon, path: "../gonfalon/hostsdk/elixir"}',
    lines: ({ endpoint, env, key, token }) => `# among the children of your supervisor\n{Gonfalon, endpoint: ${quoted(endpoint)}, token: ${quoted(token)}${named(', environment: ', env, '', quoted)}}\nif Gonfalon.enabled?(${quoted(key)}, for: "user:3"), do: …`,
  },
  {
    name: 'Java',
    install: 'mvn -f hostsdk/java install -DskipTests',
    lines: ({ endpoint, env, key, token }) => `Options options = new Options(${text(endpoint)}, ${text(token)})${named('.environment(', env, ')')};\nGonfalon flags = Gonfalon.connect(options);\nif (flags.enabled(${text(key)}, "user:3")) { … }`,
  },
  {
    name: 'Rust',
    install: 'gonfalon = { path = "../gonfalon/hostsdk/rust" }',
    lines: ({ endpoint, env, key, token }) => `let config = gonfalon::Config::new(${text(endpoint)}, ${text(token)})${named('.environment(', env, ')')};\nlet flags = gonfalon::Client::start(config)?;\nif flags.enabled(${text(key)}, "user:3") { … }`,
  },
  {
    name: 'PHP',
    install: '"repositories": [{"type": "path", "url": "/…/gonfalon/hostsdk/php"}],\n"require": {"gonfalon/gonfalon": "*"},\n"scripts": {"post-install-cmd": "gonfalon-build", "post-update-cmd": "gonfalon-build"}',
    lines: ({ endpoint, env, key, token }) => `use Gonfalon\\Gonfalon;\n$flags = new Gonfalon(${single(endpoint)}, ${single(token)}${named(', environment: ', env, '', single)});\nif ($flags->enabled(${single(key)}, 'user:3')) { … }`,
  },
  {
    name: '.NET',
    install: 'dotnet build hostsdk/dotnet',
    lines: ({ endpoint, env, key, token }) => `var options = new Gonfalon.Options { Endpoint = ${text(endpoint)}, Token = ${text(token)}${named(', Environment = ', env)} };\nusing (var flags = new Gonfalon.Client(options))\n    if (flags.Enabled(${text(key)}, "user:3")) { … }`,
  },
  {
    name: 'curl',
    install: '',
    lines: ({ endpoint, env, key, token }) => `curl -s ${shell(`${endpoint}/ofrep/v1/evaluate/flags/${encodeURIComponent(key)}`)} \\\n     -H ${shell(`Authorization: Bearer ${token}`)} -H ${shell(`X-Gonfalon-Env: ${env}`)} \\\n     -d '{"context": {"targetingKey": "user:3"}}'`,
  },
]
