import { type Clock, done, isLoopbackHost, type Outcome, refused } from "@qumo/shared/runtime";
import { DEFAULTS } from "../config.ts";
import { linkStreams } from "../neighbor_dialer.ts";
import { reportedHash } from "../reported_hash.ts";
import { type Connection, dial } from "../transport/mod.ts";
import { EXIT, type Failure } from "./command.ts";
import { callFailure } from "./failures.ts";
import type { Target } from "./target.ts";

/** Connects to a relay, or says in words why that does not work. */
export async function callRelay(
  target: Target,
  clock: Clock,
): Promise<Outcome<Connection, Failure>> {
  const { server } = DEFAULTS;
  try {
    const connection = await dial(target.url, {
      protocols: target.protocols,
      ...(target.certificateHashes.length > 0 &&
        { serverCertificateHashes: target.certificateHashes }),
      ...(target.authorities.length > 0 && { caCerts: target.authorities }),
      maxIdleTimeout: server.idleTimeoutMs,
      maxUniStreams: linkStreams(server),
      maxBidiStreams: server.maxBidiStreams,
      handshakeTimeout: target.connectMs,
      clock,
    });
    return done(connection);
  } catch (error) {
    return refused({ text: await callFailure(error, target, clock), code: EXIT.noRelay });
  }
}

/**
 * With the certificate to take of an `http://` URL, and of a relay on this machine that nobody said
 * anything else of: the one that it says over HTTP.
 */
export async function withReportedHash(target: Target, clock: Clock): Promise<Target> {
  const { certificateHashes, authorities, asksForHash, hostname, authority } = target;
  const isOpen = certificateHashes.length === 0 && authorities.length === 0;
  if (!isOpen || !(asksForHash || isLoopbackHost(hostname))) return target;
  const { hash } = await reportedHash(authority, clock, target.connectMs);
  return hash === undefined ? target : { ...target, certificateHashes: [hash] };
}
