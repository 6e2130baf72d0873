import type { Feeds } from "../../../track/mod.ts";
import { wayFrom } from "../connection/relay_peer.ts";
import type { RequestChannel } from "../requests/requests.ts";

/** What {@linkcode tellWay} needs of whom it tells for. */
export interface WayTold {
  /** Our own name among relays. */
  readonly relayName: string;
  /** There is no way of the track any more. */
  readonly broken: (reason: string) => void;
}

/**
 * Another relay must know the way of what it is sent, so that it is not asked for it from there, and
 * when there is none, since it may have another. The result ends that.
 */
export function tellWay(
  stream: RequestChannel,
  feeds: Feeds,
  { relayName, broken }: WayTold,
): () => void {
  let told = feeds.path;
  return feeds.watchPath({
    changed: () => {
      const { path, established } = feeds;
      if (!established || path.join("\n") === told.join("\n")) return;
      told = path;
      stream.send({ kind: "meshPath", hops: wayFrom(relayName, path) });
    },
    broken: () => broken("the route to the track is lost"),
  });
}
