/** The relay's own way to call a server, with patience: few tests are about how long a handshake takes. */
import * as transport from "../../../relay/transport/mod.ts";
import { PATIENCE_MS } from "../until.ts";

/** Calls by the address of a relay. */
export const dial: typeof transport.dial = (url, options) =>
  transport.dial(url, { handshakeTimeout: PATIENCE_MS, ...options });

/** Calls by QUIC alone. */
export const dialQuic: typeof transport.dialQuic = (options) =>
  transport.dialQuic({ handshakeTimeout: PATIENCE_MS, ...options });
