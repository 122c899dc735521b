// Icons: 16 grid, 1.5 stroke, round ends, the colour of the text beside them. Only alarm and warning are filled.
import type { ComponentChildren } from 'preact'

export type IconName = keyof typeof SHAPES

const SHAPES = {
  mark: <path d="M5 13V3M2 6l3-3 3 3M11 3v10M8 10l3 3 3-3" />,
  charge: <path d="M8 13V3M4 7l4-4 4 4" />,
  discharge: <path d="M8 3v10M4 9l4 4 4-4" />,
  wait: <path d="M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z" />,
  free: <circle cx="8" cy="8" r="1.2" fill="currentColor" stroke="none" />,
  limit: <path d="M2.5 2.5h11M8 13.5v-8M5 8.5l3-3 3 3" />,
  activation: <path d="M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z" />,
  car: <path d="M2.5 11.5v-3L4 4.5h8l1.5 4v3M2.5 11.5h11M2.5 8.5h11M4.5 11.5v1.5M11.5 11.5v1.5" />,
  plug: <path d="M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9V8A4.5 4.5 0 0 1 3.5 8zM8 12.5V15" />,
  plan: <path d="M2 13h12M2.5 10.5l3.5-4 3 2.5 4.5-6" />,
  operator: <path d="M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.5-3 2.7-4.5 5.5-4.5s5 1.5 5.5 4.5" />,
  offline: <path d="M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM4 12 12 4" />,
  search: <path d="M11 11l3 3M12 7A5 5 0 1 1 2 7a5 5 0 0 1 10 0Z" />,
  clock: <path d="M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z" />,
  done: <path d="M3 8.5l3.5 3.5L13 4.5" />,
} as const

export function Icon({ name, title }: { name: IconName; title?: string }) {
  return (
    <Frame title={title}>
      <g fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">
        {SHAPES[name]}
      </g>
    </Frame>
  )
}
/** A person is needed now. */
export function AlarmIcon({ title }: { title?: string }) {
  return (
    <Frame title={title} class="alarm-icon">
      <path d="M8 .8 15.2 8 8 15.2.8 8z" fill="var(--alarm)" />
      <path d="M8 4.6v4M8 11v.2" stroke="var(--alarm-ink)" stroke-width="1.7" stroke-linecap="round" />
    </Frame>
  )
}
/** Something is not as it should be. */
export function WarningIcon({ title }: { title?: string }) {
  return (
    <Frame title={title} class="warning-icon">
      <path d="M8 1.2 15.4 14.4H.6z" fill="var(--warn)" stroke="var(--warn-text)" stroke-width="1" stroke-linejoin="round" />
      <path d="M8 6v4M8 12.2v.2" stroke="var(--warn-ink)" stroke-width="1.6" stroke-linecap="round" />
    </Frame>
  )
}

function Frame({ title, children, ...rest }: { title: string | undefined; class?: string; children: ComponentChildren }) {
  return (
    <svg
      class={`icon ${rest.class ?? ''}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      {...(title === undefined ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': title })}
    >
      {title === undefined ? null : <title>{title}</title>}
      {children}
    </svg>
  )
}
