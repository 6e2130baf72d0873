/** The HTTP listener of both programs, hardened against clients that misbehave. */
export type { Capacity } from "./crowd.ts";
export type { Handler } from "./exchange.ts";
export { hostOf, isPrivateName } from "./hosts.ts";
export {
  HEAD_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  MAX_CONNECTIONS_PER_ADDRESS,
  STALL_TIMEOUT_MS,
} from "./limits.ts";
export { type HttpListener, type HttpOptions, listenHttp } from "./listener.ts";
export {
  CONNECTION_DROPS,
  type ConnectionDrop,
  HttpMetrics,
  type MethodLabel,
  methodLabel,
} from "./metrics.ts";
