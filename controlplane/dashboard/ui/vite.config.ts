import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'
import { paths } from './src/lib/paths.ts'

/** Tells the server which addresses are pages. */
const pages: Plugin = {
  name: 'pages',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'pages.json', source: JSON.stringify(Object.values(paths), null, 1) + '\n' })
  },
}

/** Leaves out the SDK's own copy of the module: the page asks the server for it. */
const withoutBytes: Plugin = {
  name: 'without-bytes',
  enforce: 'pre',
  resolveId: (source) => (source === './bytes.js' ? '\0bytes' : undefined),
  load: (id) => (id === '\0bytes' ? "export const moduleBase64 = ''" : undefined),
}

/** Builds the page into ../dist, with relative addresses: the server puts the mount path in front of those in index.html. */
export default defineConfig({
  base: './',
  plugins: [withoutBytes, svelte(), pages],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2023',
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
})
