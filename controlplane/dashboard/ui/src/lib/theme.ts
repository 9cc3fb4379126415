import { keep, kept } from './kept'

export type Theme = 'system' | 'light' | 'dark'
const stored = 'gonfalon.theme'

/** The theme that this browser chose. */
export function theme(): Theme {
  const chosen = kept(stored)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** Chooses a theme, or applies the one that was chosen. */
export function applyTheme(chosen: Theme = theme()): void {
  keep(stored, chosen)
  if (chosen === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = chosen
}
