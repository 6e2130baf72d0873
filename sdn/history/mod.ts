/** The last hour of relays, links and tracks, sampled from what relays report. */
export { History, type HistorySubject } from "./history.ts";
export { HISTORY_STEP_MS } from "./limits.ts";
