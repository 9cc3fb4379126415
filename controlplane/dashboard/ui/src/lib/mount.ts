/** The path below which the dashboard is mounted, without a slash at its end; the server writes it into the page. */
export const mount = (document.documentElement.dataset['mount'] ?? '').replace(/\/+$/, '')
