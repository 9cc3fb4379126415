import type { Component } from 'svelte'
import Flags from '../pages/Flags.svelte'
import type { PageName } from './router.svelte'

/** A page gets the environment and the key of its address. */
export type Page = Component<{ env: string; key: string }>

interface Entry {
  readonly title: (key: string) => string
  readonly load: () => Promise<{ default: Page }> | { default: Page }
}

const unknown: Entry = { title: () => 'Not found', load: () => import('../pages/Unknown.svelte') }

/** Every page. All but the list are loaded when they are first looked at. */
export const pages: Record<PageName, Entry> = {
  home: { title: () => 'Flags', load: () => ({ default: Flags }) },
  signIn: { title: () => 'Flags', load: () => ({ default: Flags }) },
  flags: { title: () => 'Flags', load: () => ({ default: Flags }) },
  flag: { title: (key) => key, load: () => import('../pages/Flag.svelte') },
  history: { title: (key) => `History of ${key}`, load: () => import('../pages/History.svelte') },
  newFlag: { title: () => 'New flag', load: () => import('../pages/NewFlag.svelte') },
  explain: { title: () => 'Explain', load: () => import('../pages/Explain.svelte') },
  explainFlag: { title: (key) => `Explain ${key}`, load: () => import('../pages/Explain.svelte') },
  segments: { title: () => 'Segments', load: () => import('../pages/Segments.svelte') },
  segment: { title: (key) => `Segment ${key}`, load: () => import('../pages/Segment.svelte') },
  hosts: { title: () => 'Hosts', load: () => import('../pages/Hosts.svelte') },
  audit: { title: () => 'Audit', load: () => import('../pages/Audit.svelte') },
  cleanUp: { title: () => 'Clean-up', load: () => import('../pages/CleanUp.svelte') },
  settings: { title: () => 'Settings', load: () => import('../pages/Settings.svelte') },
  firstMinute: { title: () => 'First flag', load: () => import('../pages/FirstMinute.svelte') },
  matrix: { title: () => 'Every environment', load: () => import('../pages/Matrix.svelte') },
  environments: { title: () => 'Environments', load: () => import('../pages/Environments.svelte') },
  tokens: { title: () => 'Tokens', load: () => import('../pages/Tokens.svelte') },
  webhooks: { title: () => 'Webhooks', load: () => import('../pages/Webhooks.svelte') },
  login: { title: () => 'Sign a program in', load: () => import('../pages/Login.svelte') },
  unknown,
}
