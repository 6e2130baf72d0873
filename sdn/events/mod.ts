/** What happens to the network, for whoever asks later: one kind of event for the log, the API and the page. */
export { Chronicle } from "./chronicle.ts";
export { EVENTS, type SdnEvent, sentence } from "./event.ts";
export { type EventCount, EventLog, type EventShelf } from "./event_log.ts";
export { MAX_EVENTS } from "./limits.ts";
export { Outages } from "./outages.ts";
export { RefusedRequests } from "./refused_requests.ts";
