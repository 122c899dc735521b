// Entry of the control-room page.
import { render } from 'preact'
import { App } from './app.tsx'
import { takeSession } from './sign-in.ts'

const page = document.getElementById('page')
if (page !== null) void takeSession().then(() => render(<App />, page))
