/**
 * Names used by more than one part of the relay: reasons for the end of requests, sessions, objects
 * and streams, and what is counted of them, by area. Each list is defined once. Sessions and tracks
 * use these names, dialects map them to codes, logs and `/metrics` show them unchanged; a new name
 * gets its series automatically, and the compiler requires its code.
 */
export * from "./requests.ts";
export * from "./sessions.ts";
export * from "./transport.ts";
export * from "./tracks.ts";
export * from "./delivery.ts";
export * from "./mesh.ts";
export * from "./media.ts";
export * from "./disk.ts";
