import type { SessionErrorName } from "@qumo/shared/wire";
import type { StreamBudget } from "../stream_budget.ts";
import type { Collaborators } from "./collaborators.ts";
import { isRelay } from "./connection/relay_peer.ts";
import { Ingest } from "./subscriber/ingest.ts";
import type { PeerFeed } from "./subscriber/peer_feed.ts";
import { PeerPublisher } from "./subscriber/peer_publisher.ts";
import { StreamCredit } from "../ingest/stream_credit.ts";
import { TrackAliases } from "../ingest/track_aliases.ts";

/** What {@linkcode Receiving} needs beside the session's collaborators. */
export interface ReceivingParts {
  /** The streams of all clients. */
  readonly budget: StreamBudget;
  /** Asks the peer to begin a new session and to leave this one. */
  readonly move: () => void;
  /** Ends the session: the peer leaves too many streams open. */
  readonly close: (code: SessionErrorName, reason: string) => void;
}

/** One side of a session: the tracks that the peer sends us, and our requests for them. */
export class Receiving {
  readonly ingest: Ingest;
  readonly publisher: PeerPublisher;
  readonly #incoming: TrackAliases<PeerFeed>;
  readonly #credit: StreamCredit;

  constructor(collaborators: Collaborators, parts: ReceivingParts) {
    const { session, reporting, timing, wire, parties, rules, asking, ending } = collaborators;
    const data = { ...reporting, ...timing, ...wire, ...parties, settings: rules.settings };
    const incoming = this.#incoming = new TrackAliases<PeerFeed>(timing.clock);
    const { role, id } = session;
    const isWithRelay = isRelay(parties.peer);
    const credit = this.#credit = new StreamCredit(
      { ...data, role, isWithRelay },
      { ...parts, incoming },
    );
    this.ingest = new Ingest(data, { incoming, credit });
    const context = { ...data, ...asking, ...ending, id };
    this.publisher = new PeerPublisher(context, incoming, this.ingest.datagrams);
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
