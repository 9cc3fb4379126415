import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { languages } from '../src/lib/snippets.ts'
import { Server } from './support.ts'

/** The lines of the tab Code are whole but for what a program does then: each is put into a program, which asks a server. */
const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const hostsdk = join(repository, 'hostsdk')
const jar = `sdk/target/gonfalon-${/<version>(.+)<\/version>/.exec(readFileSync(join(hostsdk, 'java/pom.xml'), 'utf8'))![1]}.jar`
const key = `odd "key" #{1} $x 'y'`
const full = process.env['DASHBOARD_FULL'] === '1'
const folder = mkdtempSync(join(tmpdir(), 'gonfalon-lines-'))
const run = promisify(execFile)

let server: Server
let token = ''
before(async () => {
  server = await Server.start()
  await server.api('POST', '/v1/envs', { key: 'staging' })
  await server.api('PUT', `/v1/envs/staging/flags/${encodeURIComponent(key)}`, { gates: [{ type: 'actor', target: 'user:3', enabled: true }] })
  token = (await server.api('POST', '/v1/tokens', { name: 'lines', role: 'sdk', envs: ['staging'] })).token
})
after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Program {
  readonly sdk: string // its folder
  readonly file: string
  readonly needs: readonly string[] // what is built, below its folder
  readonly tool?: string // the command that has to be there, if it isn't the one that runs it
  readonly command: (file: string) => readonly [string, ...string[]]
  readonly source: (lines: string) => string
  readonly build?: readonly [string, ...string[]] // makes what is missing, in its folder; only make dashboard-full waits for that
  readonly where?: string
  readonly slow?: boolean // built for these lines alone, which takes minutes
}

/** A command's path, if it is there. */
function found(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`])
    return true
  } catch {
    return false
  }
}

const programs: Readonly<Record<string, Program>> = {
  Go: {
    sdk: 'go',
    file: 'main.go',
    needs: [],
    command: (file) => ['go', 'run', file],
    where: repository,
    source: (lines) => `package main\nimport (\n"context"\n"fmt"\n"github.com/gonfalon-flags/gonfalon/hostsdk/go/gonfalon"\n)\nfunc main() {\nctx := context.Background()\n${lines.replace('…', 'fmt.Println("on")')}\n_ = err\n}\n`,
  },
  Node: {
    sdk: 'js',
    file: 'main.mjs',
    needs: ['dist/esm/index.js'],
    command: (file) => ['node', file],
    build: ['sh', '-c', 'npm ci --no-audit --no-fund && npm run build'],
    source: (lines) => `${lines.replace('…', 'console.log("on")')}\nprocess.exit(0)\n`,
  },
  Python: {
    sdk: 'python',
    file: 'main.py',
    needs: ['.venv/bin/python'],
    tool: 'python3',
    command: (file) => [join(hostsdk, 'python/.venv/bin/python'), file],
    build: ['sh', '-c', 'python3 -m venv .venv && .venv/bin/pip install --quiet --editable .'],
    source: (lines) => lines.replace('…', 'print("on")'),
  },
  Ruby: {
    sdk: 'ruby',
    file: 'main.rb',
    needs: ['lib/gonfalon/libgonfalon.so'],
    command: (file) => ['ruby', '-I', join(hostsdk, 'ruby/lib'), file],
    build: ['ruby', 'ext/gonfalon/build.rb'],
    source: (lines) => lines,
  },
  Java: {
    sdk: 'java',
    file: 'Main.java',
    needs: [jar],
    command: (file) => ['java', '-cp', join(hostsdk, 'java', jar), file],
    build: ['./jar.sh'],
    source: (lines) => `import io.github.gonfalonflags.*;\nclass Main { public static void main(String[] arguments) throws Exception {\n${lines.replace('…', 'System.out.println("on");')}\nSystem.exit(0); } }\n`,
  },
  Rust: {
    sdk: 'rust',
    file: 'src/main.rs',
    needs: [],
    slow: true,
    command: () => ['cargo', 'run', '--quiet', '--manifest-path', join(folder, 'Rust/Cargo.toml'), '--target-dir', join(hostsdk, 'rust/target/lines')],
    source: (lines) => `fn main() -> Result<(), Box<dyn std::error::Error>> {\n${lines.replace('…', 'println!("on");')}\nOk(())\n}\n`,
  },
  PHP: {
    sdk: 'php',
    file: 'main.php',
    needs: ['native/libgonfalon-php.so'],
    command: (file) => ['php', file],
    build: ['bin/gonfalon-build'],
    source: (lines) => `<?php\nrequire '${hostsdk}/php/autoload.php';\n${lines.replace('…', 'echo "on\\n";')}\n`,
  },
  Elixir: {
    sdk: 'elixir',
    file: 'main.exs',
    needs: ['_build'],
    command: (file) => ['mix', 'run', file],
    build: ['mix', 'compile'],
    where: join(hostsdk, 'elixir'),
    source: (lines) => {
      const [, child, ask] = lines.split('\n')
      return `Supervisor.start_link([${child}], strategy: :one_for_one)\n${ask!.replace('…', 'IO.puts("on")')}\n`
    },
  },
  '.NET': {
    sdk: 'dotnet',
    file: 'Main.cs',
    needs: ['build/Gonfalon.dll'],
    tool: 'mono',
    command: (file) => ['sh', '-c', `cp "$1"/build/* . && mcs -nologo -r:Gonfalon.dll -out:Main.exe "$2" && mono Main.exe`, 'sh', join(hostsdk, 'dotnet'), file],
    build: ['./build.sh'],
    source: (lines) => `using System;\nclass Program { static void Main() {\n${lines.replace('…', 'Console.WriteLine("on");')}\n} }\n`,
  },
  curl: {
    sdk: '',
    file: 'main.sh',
    needs: [],
    command: (file) => ['sh', file],
    source: (lines) => `${lines} | grep -q '"value":true' && echo on\n`,
  },
}

for (const { name, lines } of languages) {
  test(`the lines of ${name} ask a server`, async (t) => {
    const program = programs[name]
    assert.ok(program, `no program for ${name}`)
    if (program.slow && !full) return t.skip('it takes minutes: make dashboard-full runs it')
    const mine = join(folder, name)
    const file = join(mine, program.file)
    mkdirSync(join(mine, 'src'), { recursive: true })
    writeFileSync(file, program.source(lines({ endpoint: server.address, env: 'staging', key, token })))
    if (name === 'Node') {
      mkdirSync(join(mine, 'node_modules/@gonfalon'), { recursive: true })
      symlinkSync(join(hostsdk, 'js'), join(mine, 'node_modules/@gonfalon/sdk'))
    }
    if (name === 'Rust') writeFileSync(join(mine, 'Cargo.toml'), `[package]\nname = "lines"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\ngonfalon = { path = "${hostsdk}/rust" }\n`)
    const where = program.where ?? mine
    const missing = (): string | undefined => program.needs.find((each) => !existsSync(join(hostsdk, program.sdk, each)))
    const [command, ...rest] = program.command(file)
    const tool = program.tool ?? command
    if (full && program.build && missing() && found(tool)) await run(program.build[0], program.build.slice(1), { cwd: join(hostsdk, program.sdk) })
    const lacks = !found(tool) ? `there is no ${tool}` : missing() && `hostsdk/${program.sdk}/${missing()} isn't built`
    if (lacks) {
      t.diagnostic(`not run: the dashboard's lines of ${name}: ${lacks}`)
      return t.skip(lacks)
    }
    const { stdout } = await run(command, rest, { cwd: where, timeout: 300_000, env: { ...process.env, MIX_QUIET: '1' } })
    const answers = stdout.split('\n').filter((line) => ['on', 'off'].includes(line.trim())) // among lines of logs
    assert.deepEqual(answers, ['on'])
  })
}

/** What the lines name, by the sections of hostsdk/surface.json. */
const names: Readonly<Record<string, readonly string[]>> = {
  go: ['client.enabled', 'client.close', 'config.endpoint', 'config.token', 'config.environment'],
  js: ['client.enabled', 'config.endpoint', 'config.token', 'config.environment'],
  python: ['client.enabled', 'config.environment'],
  ruby: ['client.enabled', 'config.endpoint', 'config.token', 'config.environment'],
  elixir: ['client.enabled', 'config.endpoint', 'config.token', 'config.environment'],
  java: ['client.enabled', 'config.environment'],
  rust: ['client.enabled', 'config.environment'],
  php: ['client.enabled', 'config.environment'],
  dotnet: ['client.enabled', 'config.endpoint', 'config.token', 'config.environment'],
}

test('the lines name what the SDKs have', () => {
  for (const { name, lines } of languages) {
    const { sdk } = programs[name]!
    if (sdk === '') continue
    const has = JSON.parse(readFileSync(join(hostsdk, sdk, 'surface.json'), 'utf8')) as { case: string; other?: Record<string, Record<string, string | null>> }
    const text = lines({ endpoint: 'http://localhost', env: 'staging', key: 'k', token: 't' })
    for (const each of names[sdk]!) {
      const [section, common] = each.split('.') as [string, string]
      const other = has.other?.[section]?.[common]
      assert.notEqual(other, null, `${name} has no ${each}`)
      const called = other ?? (has.case === 'pascal' ? common[0]!.toUpperCase() + common.slice(1) : common)
      assert.ok(new RegExp(`\\b${called.replace('?', '\\?')}(?!\\w)`).test(text), `${name}: ${called} in ${text}`)
    }
  }
})

test('the line that installs an SDK stands in its README', () => {
  for (const { name, install } of languages) {
    const { sdk } = programs[name]!
    assert.equal(install === '', sdk === '', name)
    const has = sdk && readFileSync(join(hostsdk, sdk, 'README.md'), 'utf8')
    for (const line of install.split('\n')) assert.ok(has.includes(line), `${name}: ${line}`)
  }
})
