// Search, copying and the list of pages. Without this script the pages can be read as well.
(() => {
  'use strict'
  const form = document.querySelector('.search')
  const input = form.querySelector('input')
  const found = document.getElementById('found')
  const root = document.getElementById('index').href
  const wide = matchMedia('(min-width: 801px)')
  const fold = document.querySelector('.fold')
  const unfold = () => { fold.open = wide.matches }
  wide.addEventListener('change', unfold)
  unfold()
  document.querySelector('.pages [aria-current]')?.scrollIntoView({ block: 'nearest' })

  let index // a promise of it, once somebody searches
  const load = () => index ??= fetch(root).then(async (answer) => {
    if (!answer.ok) throw new Error(answer.statusText)
    const search = new MiniSearch({
      fields: ['title', 'page', 'text'],
      storeFields: ['title', 'page', 'at', 'text', 'rank'],
      tokenize: (text) => text.split(/[^\p{L}\p{N}_]+/u).filter(Boolean),
      searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: (word) => word.length > 4 ? 0.2 : false, combineWith: 'AND', boostDocument: (id, term, section) => section.rank },
    })
    search.addAll((await answer.json()).map((section, id) => ({ id, ...section })))
    return search
  })

  /** The words around the first match, so that a result says why it was found. */
  const excerpt = (text, terms) => {
    const at = Math.max(0, Math.min(...terms.map((term) => text.toLowerCase().indexOf(term)).filter((i) => i >= 0), text.length) - 40)
    const start = at > 0 && at < text.length ? text.indexOf(' ', at) + 1 : 0
    const end = text.length > start + 150 ? text.lastIndexOf(' ', start + 150) : text.length
    return (start > 0 ? '… ' : '') + text.slice(start, end > start ? end : start + 150).trim() + (end < text.length ? ' …' : '')
  }

  const say = (text) => {
    const line = document.createElement('p')
    line.textContent = text
    found.replaceChildren(line)
  }

  const show = async () => {
    const query = input.value.trim()
    found.hidden = query === ''
    if (query === '') return
    let search
    try {
      search = await load()
    } catch {
      index = undefined
      say('The index can’t be loaded.')
      return
    }
    if (query !== input.value.trim()) return
    const results = search.search(query).slice(0, 12)
    if (results.length === 0) return say(`Nothing about “${query}”.`)
    found.replaceChildren(...results.map((result) => {
      const link = document.createElement('a')
      link.href = new URL(result.at, root).href
      const title = document.createElement('b')
      title.textContent = result.title === result.page ? result.page : `${result.page} · ${result.title}`
      const text = document.createElement('small')
      text.textContent = excerpt(result.text, result.terms)
      link.append(title, text)
      return link
    }))
  }

  form.hidden = false
  input.addEventListener('input', show)
  input.addEventListener('focus', () => load().catch(() => { index = undefined }))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    found.querySelector('a')?.click()
  })
  form.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === 'Escape') {
      found.hidden = true
      input.focus()
    } else if (step) {
      const stops = [input, ...found.querySelectorAll('a')]
      stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus()
      event.preventDefault()
    }
  })
  found.addEventListener('click', () => { found.hidden = true })
  document.addEventListener('click', (event) => { if (!form.contains(event.target)) found.hidden = true })
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest?.('input, textarea, [contenteditable]')
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault()
      input.focus()
    }
  })

  if (navigator.clipboard) {
    for (const block of document.querySelectorAll('.highlight')) {
      const button = document.createElement('button')
      button.className = 'copy'
      button.type = 'button'
      button.textContent = 'Copy'
      button.addEventListener('click', async () => {
        const text = block.querySelector('code').textContent
        const commands = text.startsWith('$ ') ? text.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)).join('\n') : text
        await navigator.clipboard.writeText(commands)
        button.textContent = 'Copied'
        setTimeout(() => { button.textContent = 'Copy' }, 1500)
      })
      block.append(button)
    }
  }
})()
