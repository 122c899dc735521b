// Serves the built page: files with a hash in their name for ever, everything else fresh; unknown addresses get the page itself.
import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import express, { type Router } from 'express'

export interface WebOptions {
  /** Where `vite build` put the page. */
  readonly folder: string
}

const ADDRESS_OF_PAGE = /^\/(?!v1(?:\/|$)|ocpp(?:\/|$))[^.]*$/

/** The router of the page; hang it in after the API. */
export function webRouter({ folder }: WebOptions): Router {
  const router = express.Router()
  const page = join(folder, 'index.html')
  router.use(
    express.static(folder, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      setHeaders(response, path) {
        const lasts = path.includes(`${sep}assets${sep}`)
        response.setHeader('Cache-Control', lasts ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    }),
  )
  router.get(ADDRESS_OF_PAGE, (request, response, next) => {
    if (request.accepts(['html', 'json']) !== 'html') return next()
    if (existsSync(page)) return response.set('Cache-Control', 'no-cache').sendFile(page, { cacheControl: false })
    return response
      .status(503)
      .set('Cache-Control', 'no-store')
      .type('text/plain; charset=utf-8')
      .send('The page is not built yet. Run `npm run build` and load it again. The API is at /v1/docs.\n')
  })
  return router
}
