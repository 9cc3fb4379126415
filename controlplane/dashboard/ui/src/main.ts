import { mount as show } from 'svelte'
import App from './App.svelte'
import { keepFocus } from './lib/focus'
import { applyTheme } from './lib/theme'
import './style/index.css'

applyTheme()
keepFocus()
show(App, { target: document.getElementById('app')! })
