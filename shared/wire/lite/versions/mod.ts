import { lite03 } from "./lite03.ts";
import { lite04 } from "./lite04.ts";
import { lite05 } from "./lite05.ts";
import { lite06 } from "./lite06.ts";
import type { LiteVersion } from "./version.ts";

/** Every version of moq-lite, the newest first. */
export const liteVersions: readonly LiteVersion[] = [lite06, lite05, lite04, lite03];

/** The version that this ALPN token, WebTransport protocol or WebSocket subprotocol names. */
export function liteVersionOf(protocol: string | undefined): LiteVersion | undefined {
  return liteVersions.find((version) => version.protocol === protocol);
}
