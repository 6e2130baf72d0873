import { usageText } from "@qumo/shared/runtime";
import { CLIENT_COMMANDS } from "./client/names.ts";

export { formatAddress, isLoopback, parseAddress, reachable } from "@qumo/shared/runtime";
export { http1Fetch, type TlsFetch, tlsFetch } from "./config/tls_fetch.ts";
export { DEFAULTS, relayDefinition } from "./config/definition.ts";
export { ACCESS_DEPENDS_ON, LIVE_KEYS } from "./config/live_keys.ts";
export { isGroup, isSibling, memberConfig, memberName } from "./config/members.ts";
export { networksHave } from "./config/networks.ts";
export { platformProblem } from "./config/platform.ts";

export type { RelayConfig } from "./config/settings.ts";
export { configWarnings } from "./config/warnings.ts";

/** The answer of `qumo-relay --help`. */
export const USAGE = usageText({
  program: "qumo-relay",
  noun: "relay",
  example: "configs/relay.yaml",
  address: "127.0.0.1:4433",
  hasTokens: true,
  hasDoctor: true,
  others: {
    title: "Call a relay that runs, this program or another (COMMAND --help says more)",
    commands: CLIENT_COMMANDS,
  },
});
