import type { Feeds } from "../../../track/mod.ts";
import { hopsFrom } from "../connection/relay_peer.ts";
import type { RequestChannel } from "../requests/requests.ts";

/** The dependencies of {@linkcode reportPath}. */
export interface PathReporter {
  /** The relay's name in the mesh. */
  readonly relayName: string;
  /** Called when the track has no path any more. */
  readonly broken: (reason: string) => void;
}

/**
 * Reports changes of a track's path to another relay, so that it does not request the track back
 * from there, and reports the loss of the path, since the relay may have another one. The returned
 * function stops it.
 */
export function reportPath(
  stream: RequestChannel,
  feeds: Feeds,
  { relayName, broken }: PathReporter,
): () => void {
  let reported = feeds.path;
  return feeds.watchPath({
    changed: () => {
      const { path, established } = feeds;
      if (!established || path.join("\n") === reported.join("\n")) return;
      reported = path;
      stream.send({ kind: "meshPath", hops: hopsFrom(relayName, path) });
    },
    broken: () => broken("the route to the track is lost"),
  });
}
