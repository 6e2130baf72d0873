/** Events of the network for operators: one type for the log, the API and the dashboard. */
export { Chronicle } from "./chronicle.ts";
export { EVENTS, type SdnEvent, sentence } from "./event.ts";
export { type EventCount, EventLog, type EventStore } from "./event_log.ts";
export { MAX_EVENTS } from "./limits.ts";
export { Outages } from "./outages.ts";
export { RefusedRequests } from "./refused_requests.ts";
