/**
 * The relay's own way to call a server, with patience: few tests are about how long a handshake takes, or
 * about a client that gives up a relay which says nothing because the machine does not let it.
 */
import * as transport from "../../../relay/transport/mod.ts";
import { PATIENCE_MS } from "../until.ts";

const PATIENT = { handshakeTimeout: PATIENCE_MS, maxIdleTimeout: PATIENCE_MS };

/** Calls by the address of a relay. */
export const dial: typeof transport.dial = (url, options) =>
  transport.dial(url, { ...PATIENT, ...options });

/** Calls by QUIC alone. */
export const dialQuic: typeof transport.dialQuic = (options) =>
  transport.dialQuic({ ...PATIENT, ...options });
