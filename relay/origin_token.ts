import { type Clock, type Log, messageOf } from "@qumo/shared/runtime";
import type { LinkToken } from "./session/rights.ts";

/** The dependencies of {@linkcode tokenInFile}. */
export interface OriginTokenParts {
  readonly readText: (path: string) => Promise<string>;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

// Whoever renews the token does so well before it is over.
const LOOK_MS = 10_000;

/** What a link to an origin shows: the token in a file, which may be replaced while the link is up. */
export function tokenInFile(path: string, { readText, clock, log }: OriginTokenParts): LinkToken {
  let shown: string | undefined;
  let lookAt = 0;
  const read = async () => {
    lookAt = clock.now() + LOOK_MS;
    try {
      return (await readText(path)).trim();
    } catch (error) {
      log.warn("cannot read the token for an origin", { path, reason: messageOf(error) });
      return undefined;
    }
  };
  return {
    isInPath: true,
    first: async () => shown = await read(),
    async next() {
      if (clock.now() < lookAt) return undefined;
      const token = await read();
      if (token === shown) return undefined;
      return shown = token;
    },
  };
}
