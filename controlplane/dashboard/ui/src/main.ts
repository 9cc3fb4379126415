import { mount as show } from 'svelte'
import App from './App.svelte'
import { keepFocus } from './lib/focus'
import { cleanPastes } from './lib/paste'
import { applyTheme } from './lib/theme'
import './style/index.css'

applyTheme()
keepFocus()
cleanPastes()
show(App, { target: document.getElementById('app')! })
