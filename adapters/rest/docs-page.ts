// The API for people: one plain page made from the OpenAPI document, without scripts and without anything from elsewhere.

interface Operation {
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly {
    readonly name?: string
    readonly in?: string
    readonly description?: string
    readonly required?: boolean
  }[]
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>
}
interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Renders the page. */
export function docsPage(openApi: object): string {
  const { info, paths } = openApi as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags ?? []))]
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(tag))
    return `<section><h2>${safe(tag)}</h2>${own.map(article).join('')}</section>`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${safe(info.title)} API</title>
<link rel="stylesheet" href="/v1/docs.css"></head><body><main>
<h1>${safe(info.title)} API <small>${safe(info.version)}</small></h1><p>${safe(info.description ?? '')}</p>
<p><a href="/v1/openapi.json">OpenAPI 3.1 document</a></p>
${sections.join('\n')}
</main></body></html>
`
}

function article({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const parameters = (operation.parameters ?? [])
    .map(
      ({ name, in: place, description }) =>
        `<tr><td><code>${safe(name ?? '')}</code></td><td>${safe(place ?? '')}</td><td>${safe(description ?? '')}</td></tr>`,
    )
    .join('')
  const answers = Object.entries(operation.responses ?? {})
    .map(
      ([status, { description }]) =>
        `<tr><td><code>${safe(status)}</code></td><td colspan="2">${safe(description ?? '')}</td></tr>`,
    )
    .join('')
  return `<article><h3><code><b>${method}</b> ${safe(path)}</code></h3><p>${safe(operation.summary ?? '')}</p><p class="more">${safe(operation.description ?? '')}</p><table>${parameters}${answers}</table></article>`
}

function safe(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

export const DOCS_STYLE = `:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif }
main { max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
h1 small, .more { color: GrayText; font-weight: 400 }
article { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .5rem 0 }
h3 { font-size: 1rem; margin: .5rem 0 0 }
p { margin: .25rem 0 .5rem }
td { padding: .1rem 1rem .1rem 0; vertical-align: top }
`
