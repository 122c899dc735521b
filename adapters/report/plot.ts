// The parts every chart is made of: frame with ticks, labels and hatches, as SVG text.
import { CHART, CHART_WIDTH, round, type Scale, type TimeTick } from './axis.ts'
import { escape, figure } from './figures.ts'

/** An SVG as wide as the page; `label` is what a screen reader says. */
export function chart(height: number, label: string, body: string): string {
  return `<svg viewBox="0 0 ${CHART_WIDTH} ${height}" role="img" aria-label="${escape(label)}">${HATCH}${body}</svg>`
}
const HATCH =
  '<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" class="hatch"/></pattern></defs>'

/** Horizontal lines with their values at the left. */
export function valueGrid(values: readonly number[], y: Scale, decimals: number, strong: readonly number[] = [0]): string {
  return values
    .map((value) => {
      const at = round(y(value))
      const line = `<path class="${value === 0 ? 'zero' : 'grid'}" d="M${CHART.left} ${at}H${CHART.left + CHART.width}"/>`
      const style = strong.includes(value) && value !== 0 ? 'axis strong' : 'axis'
      return `${line}<text class="${style}" x="${CHART.left - 6}" y="${at + 4}" text-anchor="end">${figure(value, decimals)}</text>`
    })
    .join('')
}

/** Vertical lines, and labels below unless `labelled` is false. */
export function timeGrid(list: readonly TimeTick[], x: Scale, top: number, bottom: number, labelled: boolean): string {
  return list
    .map(({ at, label, isMidnight }) => {
      const px = round(x(at))
      const line = `<path class="${isMidnight ? 'grid midnight' : 'grid'}" d="M${px} ${top}V${bottom}"/>`
      return labelled && label !== ''
        ? `${line}<text class="axis" x="${px}" y="${bottom + 16}" text-anchor="middle">${escape(label)}</text>`
        : line
    })
    .join('')
}

/** A label at the right of the plot, in the hue of its mark. */
export function rightLabel(y: number, text: string, style: string): string {
  return `<text class="${style}" x="${CHART.left + CHART.width + 8}" y="${round(y)}">${escape(text)}</text>`
}

export function text(x: number, y: number, style: string, content: string, anchor = 'start'): string {
  return `<text class="${style}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escape(content)}</text>`
}
