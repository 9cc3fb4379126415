/** What the module exports; `wasm/ABI.md` is the law about each. */
export interface Exports {
  readonly memory: WebAssembly.Memory
  abi(): number
  snapshot(size: number): number
  load(size: number): number
  request(size: number): number
  result(): number
  info(): number
  flag_key(index: number): number
  evaluate(size: number): number
  evaluate_batch(size: number, first: number): number
  explain(size: number): number
  needs(size: number): number
  splice(size: number): number
}

/** Version of the ABI that this package speaks. */
const abi = 1

let compiled: WebAssembly.Module | undefined
let compiling: Promise<WebAssembly.Module> | undefined

/** The compiled module, if it has been compiled or given already. */
export function compiledModule(): WebAssembly.Module | undefined {
  return compiled
}

/**
 * Compiles the module, once per process (and once per worker thread, which may be given the compiled one by {@link useModule}).
 * The bytes are a chunk of their own, which a page that only evaluates remotely never loads.
 */
export function compileModule(): Promise<WebAssembly.Module> {
  if (compiled !== undefined) return Promise.resolve(compiled)
  compiling ??= (async () => {
    const { moduleBase64 } = await import('./bytes.js')
    return (compiled ??= await WebAssembly.compile(decodeBase64(moduleBase64)))
  })()
  compiling.catch(() => (compiling = undefined))
  return compiling
}

/**
 * Uses a module that was compiled elsewhere: in the main thread, and handed to a worker by `workerData`; or by
 * `WebAssembly.compileStreaming` from a file of one's own.
 */
export function useModule(module: WebAssembly.Module): void {
  compiled = module
}

/** A new instance, with memory of its own. */
export function instantiate(module: WebAssembly.Module): Exports {
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports
  if (exports.abi() !== abi) throw new Error(`the module speaks ABI ${exports.abi()}, this package ${abi}`)
  return exports
}

/** Standard base64 to bytes; throws a `DOMException` or `SyntaxError` if it isn't any. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text)
  const bytes = new Uint8Array(raw.length)
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i)
  return bytes
}
