// The tuned constants of the forecast of departures and of the plans that rely on it, all in one place, each with what measured it.
//
// Measured on the sessions of a housing cooperative in Trondheim (see docs/forecasts.md), moved to the prices of October 2025: eight weeks from October on and 26 weeks from March
// to August, each learnt from nothing. CRPS is the continuous ranked probability score of the departure in minutes, the smaller the better.

/** Sessions that begin so many minutes apart are alike in part only (one standard deviation). CRPS 254 with 60, 260 with 90, 267 with 120. */
export const LIKE_MINUTES = 60
/** The same for the closest look: CRPS 247 without it, 245 with 45. */
export const CLOSE_MINUTES = 45
/** How much a session of another class of day tells. 0.4 instead of it gains less than 1 %. */
export const OTHER_DAY = 0.25
/** After so many days an own session tells half as much. 30 instead of it loses 1 %. */
export const HALF_LIFE_DAYS = 60
/** Sessions whose energies differ by so much in the root of kWh are alike in part only. Likelihood -3.876 with 0.5, -3.880 with 0.3, -3.896 with 0.8. */
export const LIKE_ROOT_KWH = 0.5
/** The same for the closest look. */
export const CLOSE_ROOT_KWH = 0.3
/** Shrinkage: what the pool knows of like sessions counts as so many of one's own. Likelihood -3.865 with 0.5, -3.896 with 2. */
export const POOL_SESSIONS = 0.5
/** Departures are blurred by so many quarter-hours, one's own and those of the pool. Likelihood of own ones -3.837 with 1, -3.876 with 2. */
export const OWN_BLUR = 1
export const POOL_BLUR = 2
/** Every view starts with the trust of so many sessions. */
export const TRUST_AT_FIRST = 4
/** Calibration starts with so many sessions that were foretold as they came, and forgets slowly. Without it 80 % bands hold 88 %, with it 80 to 83 %. */
export const CALIBRATION_SESSIONS = 100
export const CALIBRATION_KEPT = 0.9995
/** Hours that somebody nobody knows anything about stays, on average. */
export const UNKNOWN_STAY_HOURS = 12
/**
 * What is missing when a car leaves counts so many times its price in a plan: drivers mind more than the money, and no forecast is perfect. On 26 weeks with few sessions each, 1,766
 * in all, regret and worst week are 0.572 and 1.23 with 1, 0.598 and 1.01 with 1.5, 0.607 and 0.96 with 1.65, 0.617 and 0.95 with 1.75; on three weeks learnt from nothing the
 * regret is 0.667, 0.722, 0.727 and 0.741.
 */
export const MISSING_WEIGHT = 1.65
