// The HTML around the report: style with the values of the light theme, a policy that forbids any request, header and footer.
import { escape } from './figures.ts'

export interface PageParts {
  readonly title: string
  /** What kind of report it is, in a word. */
  readonly what: string
  readonly period: string
  readonly body: string
  readonly command: string
}

export function page({ title, what, period, body, command }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>${LOGO}<b>Gegenstrom</b> ${escape(what)}<span>${escape(period)}</span></header>
${body}
<footer><span>This file works without a network.</span> <code>${escape(command)}</code></footer>
</main>
</body>
</html>
`
}

const LOGO =
  '<svg class="logo" viewBox="0 0 16 16" aria-hidden="true"><path d="M5 13V3M2 6l3-3 3 3M11 3v10M8 10l3 3 3-3" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/></svg>'

const STYLE = `
:root { color-scheme: light;
  --raised: #fbfcfc; --panel: #f1f3f4; --line: #c3c8ce; --line-soft: #dadee2; --ink: #15181c; --ink-2: #3f464e; --ink-3: #59616a;
  --charge: #1c62b0; --charge-fill: #7fb0e0; --discharge: #a34a00; --discharge-fill: #e79a55; --price: #6a5d00; --band: #59616a;
  --sans: -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans Condensed", system-ui, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", "DejaVu Sans Mono", monospace; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--raised); color: var(--ink); font: 13px/1.4 var(--sans); font-variant-numeric: tabular-nums; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 40px; }
header { display: flex; align-items: center; gap: 8px; }
header span { margin-left: auto; color: var(--ink-2); }
.logo { width: 18px; height: 18px; }
.regime { margin: 16px 0 0; padding: 8px 12px; background: var(--panel); border-radius: 5px; color: var(--ink-2); }
.regime b { color: var(--ink); }
h1 { font-size: 30px; line-height: 1.15; font-weight: 600; margin: 20px 0 12px; text-wrap: balance; }
.lead { margin: 0 0 16px; max-width: 860px; color: var(--ink-2); }
h2 { font-size: 15px; font-weight: 600; margin: 28px 0 4px; }
h2.part { font-size: 22px; margin-top: 44px; padding-top: 20px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; font-weight: 600; margin: 20px 0 4px; }
small { font-size: 12px; font-weight: 400; color: var(--ink-3); margin-left: 6px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 12px 0; }
.facts dt { font-size: 12px; color: var(--ink-3); }
.facts dd { margin: 0; font-size: 15px; font-weight: 600; }
.pair { display: grid; grid-template-columns: minmax(0, 520px) minmax(0, 1fr); column-gap: 32px; }
.pair thead th { white-space: normal; vertical-align: bottom; }
.pair :is(th, td) { padding-left: 8px; }
.pair tbody th { padding: 4px 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
header svg { display: inline; }
svg text { font-size: 12px; fill: var(--ink); }
svg .axis { font-size: 11px; fill: var(--ink-2); }
svg .note { fill: var(--ink-2); font-size: 11px; }
svg .mark { font-size: 11px; }
svg .name { font-size: 13px; font-weight: 600; }
svg .strong { font-weight: 600; fill: var(--ink); }
svg .charge-text { fill: var(--charge); font-size: 11px; }
svg .discharge-text { fill: var(--discharge); font-size: 11px; }
svg .price-text { fill: var(--price); }
svg .halo { paint-order: stroke; stroke: var(--raised); stroke-width: 3px; stroke-linejoin: round; }
.grid { stroke: var(--line-soft); fill: none; }
.midnight { stroke: var(--line); stroke-dasharray: 1 3; }
.zero { stroke: var(--ink-3); fill: none; }
.charge { fill: var(--charge-fill); stroke: var(--charge); stroke-width: .75; }
.discharge { fill: var(--discharge-fill); stroke: var(--discharge); stroke-width: .75; }
.slots { stroke: var(--raised); stroke-width: 1; }
.charge-fill { fill: var(--charge-fill); }
.discharge-fill { fill: var(--discharge-fill); }
.wear { fill: var(--ink-3); }
.sum { stroke: var(--ink); stroke-width: 3; }
.price { fill: none; stroke: var(--price); stroke-width: 1.5; }
.fine { stroke-width: 1; }
.dashed { stroke-width: 1; stroke-dasharray: 4 2; }
.dot-charge { fill: var(--charge); }
.dot-discharge { fill: var(--discharge); }
.gap { fill: url(#gap); }
.hatch { stroke: var(--line); stroke-width: 2; }
.soc { fill: none; stroke: var(--ink); stroke-width: 2; }
.thin { stroke: var(--ink-3); stroke-width: 1; }
.dotted { stroke: var(--ink-3); stroke-width: 1.25; stroke-dasharray: 2 2; }
.limit-line { stroke: var(--ink-3); stroke-dasharray: 3 2; }
.goal { fill: var(--ink); }
.bar-immediate { fill: var(--raised); stroke: var(--ink-3); }
.bar-smart { fill: var(--line); }
.bar-bidirectional { fill: var(--ink); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 4px 0 4px 12px; border-bottom: 1px solid var(--line-soft); font-weight: 400; white-space: nowrap; }
thead th, thead td { color: var(--ink-3); font-size: 12px; }
tbody th, .word { text-align: left; padding-left: 0; padding-right: 12px; }
tr.strong > * { font-weight: 600; }
.assumptions { columns: 2; column-gap: 32px; margin: 4px 0; padding-left: 16px; color: var(--ink-2); }
.assumptions li { break-inside: avoid; margin-bottom: 4px; }
footer { margin-top: 28px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--ink-2); }
code { font: 12px var(--mono); overflow-wrap: anywhere; }
@media (max-width: 960px) { .pair { grid-template-columns: minmax(0, 1fr); } .pair svg { max-width: 600px; } }
@media (max-width: 720px) { main { padding: 20px 16px; } h1 { font-size: 22px; } .assumptions { columns: 1; } .wide { overflow-x: auto; } header { flex-wrap: wrap; } header span { margin-left: 0; width: 100%; } }
@media print { main { max-width: none; padding: 0; } svg, table { break-inside: avoid; } }
`
