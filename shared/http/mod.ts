/** The HTTP listener of both programs, hardened against clients that misbehave. */
export type { Handler } from "./exchange.ts";
export {
  basicPassword,
  bearerToken,
  findToken,
  type HashedToken,
  hashedToken,
} from "./hashed_token.ts";
export { hostOf, isPrivateName } from "./hosts.ts";
export { type HttpListener, listenHttp } from "./listener.ts";
export type { UpgradeHandler } from "./upgrade.ts";
export { HttpMetrics, type MethodLabel, methodLabel } from "./metrics.ts";
