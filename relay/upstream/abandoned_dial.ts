import type { Connection } from "../transport/types.ts";

/**
 * The connection of this dialing; undefined when the attempt was abandoned, and a connection that still
 * comes of it is closed.
 */
export async function unlessAbandoned(
  dialing: Promise<Connection>,
  attempt: AbortSignal,
): Promise<Connection | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abandon = () => {
    resolve(undefined);
    dialing.then((connection) => connection.close(0, ""), () => {});
  };
  attempt.addEventListener("abort", abandon);
  try {
    return await Promise.race([dialing, aborted]);
  } finally {
    attempt.removeEventListener("abort", abandon);
  }
}
