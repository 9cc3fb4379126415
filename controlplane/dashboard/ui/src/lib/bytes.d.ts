/** The SDK's own copy of the module, which this page doesn't load: it asks the server for it. */
declare module '*/bytes.js' {
  export const moduleBase64: string
}
