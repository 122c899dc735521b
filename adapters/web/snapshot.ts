// From the view of the fleet to what the live stream tells.
import type { ChartView, PoolView } from '../../domain/ports/answers/pool.ts'
import type { EvseView } from '../../domain/ports/answers/stations.ts'
import { inEuros, inEurPerMWh, type Price } from '../../domain/units.ts'
import type { LiveChart, LiveEvse, LivePool } from './live-snapshot.ts'

/** Sums of the pool in W, Wh, EUR and EUR/MWh. */
export function livePool(of: PoolView): LivePool {
  return {
    now: of.now,
    strategy: of.strategy,
    feeRegime: of.feeRegime,
    speed: of.speed,
    plannedW: of.planned,
    measuredW: of.measured,
    chargeMaxW: of.chargeMax,
    dischargeMaxW: of.dischargeMax,
    stationsConnected: of.stationsConnected,
    stationsTotal: of.stationsTotal,
    carsPlugged: of.carsPlugged,
    carsBidirectional: of.carsBidirectional,
    storedWh: Math.round(of.stored),
    priceNow: priceOrNull(of.priceNow),
    priceNext: priceOrNull(of.priceNext),
    spentEur: Math.round(inEuros(of.spent) * 100) / 100,
    chargedWh: of.charged,
    dischargedWh: of.discharged,
    degraded: of.degraded,
    lab: of.lab,
    planGap: of.planGap,
  }
}

/** The chart in W and EUR/MWh. */
export function liveChart(of: ChartView): LiveChart {
  return {
    firstSlot: of.first,
    plannedW: of.planned,
    soldW: of.sold,
    prices: of.prices.map(priceOrNull),
    possibleMaxW: of.possibleMax,
    possibleMinW: of.possibleMin,
    measured: of.measured.map(({ at, power }) => [at, power] as const),
  }
}

/** One row of the table. */
export function liveEvse(of: EvseView): LiveEvse {
  return {
    evse: of.evse,
    station: of.station,
    connected: of.connected,
    status: of.status,
    session: of.session,
    bidirectional: of.bidirectional,
    orderedW: of.ordered,
    measuredW: of.measured,
    measuredAt: of.measuredAt,
    soc: of.soc === null ? null : Math.round(of.soc * 1000) / 1000,
    socEstimated: of.socEstimated,
    minimumSoc: of.minimumSoc,
    targetSoc: of.targetSoc,
    readyBy: of.readyBy,
    chargeMaxW: of.chargeMax,
    dischargeMaxW: of.dischargeMax,
    rule: of.why?.rule ?? null,
    authority: of.why?.ladder.find(({ decides }) => decides)?.authority ?? null,
    why: of.why?.sentence ?? null,
    alarms: of.alarms,
  }
}

function priceOrNull(price: Price | null): number | null {
  return price === null ? null : inEurPerMWh(price)
}
