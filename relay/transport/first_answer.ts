import type { Clock, Timer } from "@qumo/shared/runtime";
import { handshakeErrorFrom } from "./errors.ts";
import type { Connection } from "./types.ts";

/**
 * Connects to one address after another, starting the next attempt when one fails or does not
 * answer soon (RFC 8305), and closes all but the first connection. Rejects with a `handshake`
 * TransportError when every attempt fails.
 */
export function firstAnswer(
  addresses: readonly string[],
  call: (address: string) => Promise<Connection>,
  clock: Clock,
): Promise<Connection> {
  const left = [...addresses];
  let underWay = 0;
  let answered = false;
  let timer: Timer | undefined;
  return new Promise((resolve, reject) => {
    const next = (failure?: unknown) => {
      timer?.cancel();
      const address = left.shift();
      if (address === undefined) {
        if (underWay === 0) reject(handshakeErrorFrom(failure));
        return;
      }
      underWay++;
      if (left.length > 0) timer = clock.after(ATTEMPT_DELAY, next);
      call(address).then((connection) => {
        if (answered) return connection.close(0, "");
        answered = true;
        timer?.cancel();
        resolve(connection);
      }, (error) => {
        underWay--;
        if (!answered) next(error);
      });
    };
    next();
  });
}

// Milliseconds before the next attempt starts beside one that has not answered (RFC 8305).
const ATTEMPT_DELAY = 250;
