import type { TaskGroup } from "@qumo/shared/runtime";
import type { LiteSetup } from "@qumo/shared/wire";
import type { Publisher } from "../../track/mod.ts";
import { AcceptLoop } from "../connection/accept_loop.ts";
import type { SessionCloser } from "../connection/session_closer.ts";
import type { SessionShutdown } from "../connection/session_shutdown.ts";
import { ObjectStreams } from "../delivery/object_streams.ts";
import type { FirstStreams } from "../first_streams.ts";
import { StreamCredit } from "../ingest/stream_credit.ts";
import { TrackAliases } from "../ingest/track_aliases.ts";
import { MAX_PARKED_STREAMS, MOVE_SESSION_MS } from "../limits.ts";
import type { LiveSession } from "../dialect_session.ts";
import type { PeerView, SessionCounts } from "../session.ts";
import type { StreamBudget } from "../stream_budget.ts";
import type { LiteContext } from "./context.ts";
import { Announcer } from "./publisher/announcer.ts";
import { FetchServer } from "./publisher/fetch_server.ts";
import { SubscriptionServer } from "./publisher/subscription_server.ts";
import { LiteRouter } from "./router.ts";
import { Announcements } from "./subscriber/announcements.ts";
import type { LiteFeed } from "./subscriber/lite_feed.ts";
import { LiteIngest } from "./subscriber/lite_ingest.ts";
import { LitePublisher } from "./subscriber/lite_publisher.ts";

/** What a session has before it is established. */
export interface LiteFoundation {
  readonly source: FirstStreams;
  readonly tasks: TaskGroup;
  readonly closer: SessionCloser;
  readonly shutdown: SessionShutdown;
  readonly budget: StreamBudget;
  readonly relayName: string | undefined;
  readonly peer: {
    readonly setup: LiteSetup;
    readonly path: string;
    readonly isAssigned: boolean;
  };
  /** Whether the peer called, and not this relay. */
  readonly isCalled: boolean;
  /** The peer asks us to leave. */
  readonly onGoaway: (uri: string) => void;
}

/** A session after its handshake: everything that serves the peer and requests from it. */
export class EstablishedLite implements LiveSession {
  readonly peer: PeerView;
  readonly #foundation: LiteFoundation;
  readonly #streams: ObjectStreams;
  readonly #incoming: TrackAliases<LiteFeed>;
  readonly #credit: StreamCredit;
  readonly #publisher: LitePublisher;
  readonly #announcements: Announcements;
  readonly #subscriptions: SubscriptionServer;
  readonly #fetches: FetchServer;
  readonly #accepting: { start(): void };

  constructor(context: LiteContext, foundation: LiteFoundation) {
    const { closer, shutdown, budget, relayName, peer, source, tasks, onGoaway } = foundation;
    this.#foundation = foundation;
    this.peer = {
      relay: undefined,
      isOtherRelay: context.role === "client",
      implementation: undefined,
      path: peer.path,
      isAssigned: peer.isAssigned,
    };
    this.#streams = new ObjectStreams({
      ...context,
      codes: context.version.streamCodes,
      // moq-dev's take a group that ends within a frame for incomplete, and nothing else.
      understandsCuts: true,
      maxParked: MAX_PARKED_STREAMS,
    });
    const incoming = this.#incoming = new TrackAliases<LiteFeed>(context.clock);
    const credit = this.#credit = new StreamCredit({
      ...context,
      draft: context.version,
    }, {
      incoming,
      isWithRelay: false,
      budget,
      move: () => shutdown.drain(MOVE_SESSION_MS, ""),
      close: (code, reason) => closer.close(code, reason, "limit"),
    });
    const publisher = this.#publisher = new LitePublisher(context, incoming, relayName);
    this.#announcements = new Announcements(context, publisher);
    const fetches = this.#fetches = new FetchServer(context, this.#streams);
    const subscriptions = this.#subscriptions = new SubscriptionServer(context, this.#streams);
    const ingest = new LiteIngest(context, { incoming, credit });
    const announcer = new Announcer(context, publisher);
    const router = new LiteRouter(context, { announcer, subscriptions, fetches, onGoaway });
    this.#accepting = new AcceptLoop({
      ...context,
      tasks,
      firstMessageMs: context.settings.setupTimeoutMs,
      giveUp: (reason) => closer.close("internal_error", reason, "limit"),
      fail: (error) => closer.fail(error),
    }, {
      nextStream: () => source.acceptUni(),
      stream: (stream) => ingest.stream(stream),
      nextRequest: () => context.streams.accept(),
      first: async (stream) => {
        const type = await stream.type();
        return type === undefined ? undefined : await router.read(stream, type);
      },
      serve: (stream, request) => router.serve(stream, request),
      datagram: (bytes) => ingest.datagram(bytes),
    });
  }

  get counts(): SessionCounts {
    return {
      subscriptions: this.#subscriptions.count,
      transit: 0,
      namespaces: this.#announcements.count,
      tracks: this.#publisher.trackCount,
      parkedStreams: this.#streams.unfinished.parkedCount,
    };
  }

  /** Starts to serve the peer, and to follow what it announces. */
  start(): void {
    const { tasks, peer } = this.#foundation;
    this.#accepting.start();
    if (peer.setup.role === "subscriber") return;
    tasks.spawn("announcements", () => this.#announcements.follow());
  }

  /** The peer is going away: of a relay other routes are taken, and clients go on as long as they can. */
  peerLeaves(): void {
    const { peer, isCalled } = this.#foundation;
    if (peer.setup.hop !== undefined && isCalled) this.#announcements.leave();
  }

  publisher(): Publisher {
    return this.#publisher;
  }

  /** The connection ended: nothing new begins. */
  stop(): void {
    this.#subscriptions.close();
    this.#fetches.close();
    this.#incoming.close();
    this.#publisher.close("the publisher's session ended");
  }

  /** Everything that was under way is over. */
  close(): void {
    this.#streams.close();
    this.#credit.close();
  }
}
