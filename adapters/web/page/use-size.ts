// The size of an element, kept up to date.
import type { RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export function useSize<Element_ extends HTMLElement>(): readonly [
  RefObject<Element_ | null>,
  { readonly width: number; readonly height: number },
] {
  const ref = useRef<Element_>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    setSize({ width: element.clientWidth, height: element.clientHeight })
    return () => observer.disconnect()
  }, [])
  return [ref as RefObject<Element_ | null>, size]
}
