// Bidding zones by the codes ENTSO-E uses for them (EIC).

const ZONES: Readonly<Record<string, string>> = {
  '10Y1001A1001A82H': 'DE-LU',
  '10YAT-APG------L': 'AT',
  '10YBE----------2': 'BE',
  '10YCH-SWISSGRIDZ': 'CH',
  '10YCZ-CEPS-----N': 'CZ',
  '10YDK-1--------W': 'DK1',
  '10YDK-2--------M': 'DK2',
  '10YFR-RTE------C': 'FR',
  '10YNL----------L': 'NL',
  '10YPL-AREA-----S': 'PL',
}

/** Name of a zone from its EIC; an unknown code stands for itself. */
export function biddingZone(eic: string): string {
  return ZONES[eic] ?? eic
}
/** EIC of a zone; a name that is none is taken for a code. */
export function eicOf(zone: string): string {
  return Object.entries(ZONES).find(([, name]) => name === zone)?.[0] ?? zone
}
