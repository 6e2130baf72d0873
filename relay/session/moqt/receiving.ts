import type { ReceiveStream } from "../../transport/types.ts";
import { MOVE_SESSION_MS } from "../limits.ts";
import type { Collaborators } from "./collaborators.ts";
import { isRelay } from "./connection/relay_peer.ts";
import { Ingest } from "./subscriber/ingest.ts";
import type { PeerFeed } from "./subscriber/peer_feed.ts";
import { PeerPublisher } from "./subscriber/peer_publisher.ts";
import { StreamCredit } from "../ingest/stream_credit.ts";
import { TrackAliases } from "../ingest/track_aliases.ts";

/** One side of a session: the tracks that the peer sends us, and our requests for them. */
export class Receiving {
  readonly #ingest: Ingest;
  readonly publisher: PeerPublisher;
  readonly #incoming: TrackAliases<PeerFeed>;
  readonly #credit: StreamCredit;

  constructor(collaborators: Collaborators) {
    const { clock, peer, streamBudget: budget, shutdown, closer } = collaborators;
    const incoming = this.#incoming = new TrackAliases<PeerFeed>(clock);
    const credit = this.#credit = new StreamCredit(collaborators, {
      incoming,
      budget,
      isWithRelay: isRelay(peer),
      // Asks the peer to begin a new session and to leave this one.
      move: () => shutdown.drain(MOVE_SESSION_MS, ""),
      close: (code, reason) => closer.close(code, reason, "limit"),
    });
    this.#ingest = new Ingest(collaborators, { incoming, credit });
    this.publisher = new PeerPublisher(collaborators, incoming, this.#ingest.datagrams);
  }

  /** Reads a stream of the peer to its end. */
  stream(stream: ReceiveStream): Promise<void> {
    return this.#ingest.stream(stream, this.publisher);
  }

  /** Takes a datagram of the peer; false when it is useless. */
  datagram(bytes: Uint8Array): boolean {
    return this.#ingest.datagrams.receive(bytes);
  }

  /** The connection ended: nothing new begins. */
  stop(): void {
    this.#incoming.close();
    this.publisher.close("the publisher's session ended");
  }

  /** Everything that was under way is over. */
  close(): void {
    this.#credit.close();
  }
}
