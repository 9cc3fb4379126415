import { mount as show } from 'svelte'
import App from './App.svelte'
import { applyTheme } from './lib/theme'
import './style/index.css'

applyTheme()
show(App, { target: document.getElementById('app')! })
