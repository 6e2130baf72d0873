import type { Publisher } from "../../track/mod.ts";
import type { LinkToken } from "../rights.ts";
import type { LiveSession } from "../dialect_session.ts";
import type { PeerView, SessionCounts } from "../session.ts";
import { AcceptLoop } from "../connection/accept_loop.ts";
import {
  type Collaborators,
  collaboratorsOf,
  type Foundation,
  type Options,
} from "./collaborators.ts";
import type { HandshakeResult } from "./connection/handshake.ts";
import { PeerQuota } from "../connection/peer_quota.ts";
import { isOtherRelay } from "./connection/relay_peer.ts";
import { Receiving } from "./receiving.ts";
import { Serving } from "./serving.ts";

/** A session after its handshake: everything that serves the peer and requests from it. */
export class EstablishedMoqt implements LiveSession {
  readonly peer: PeerView;
  readonly #collaborators: Collaborators;
  // Made with the peer's first track or our first request: viewers have neither.
  #received: Receiving | undefined;
  #isOver = false;
  readonly #serving: Serving;
  readonly #accepting: { start(): void };
  readonly #solicits: boolean;
  readonly #isCalled: boolean;
  readonly #token: LinkToken | undefined;

  constructor(given: Options, result: HandshakeResult, foundation: Foundation) {
    const measured = result.rights.measured(given.metrics, () => this.counts.tracks);
    const options = { ...given, metrics: measured };
    const { clock, metrics, connection, link } = options;
    const { access, settings } = result;
    const { streams, tasks, closer } = foundation;
    this.peer = viewOf(result);
    this.#isCalled = link === undefined;
    this.#token = link?.token;
    // Older clients announce unasked, and not all of them read requests beside the control stream.
    const asks = options.draft.family === "B" && settings.solicit;
    this.#solicits = link === undefined ? asks : link.solicits ?? link.advertise !== undefined;
    const giveUp = (reason: string) => closer.close("internal_error", reason, "limit");
    const quota = new PeerQuota({ clock, limits: settings.limits, signal: tasks.signal, giveUp });
    const collaborators = collaboratorsOf(options, result, foundation, { streams, quota });
    this.#collaborators = collaborators;
    const publisher = () => this.#receiving.publisher;
    const serving = this.#serving = new Serving(collaborators, { publisher, link });
    const { requests } = collaborators;
    this.#accepting = new AcceptLoop({
      clock,
      tasks,
      metrics,
      connection,
      firstMessageMs: settings.setupTimeoutMs,
      giveUp,
      fail: (error) => closer.fail(error),
    }, {
      nextStream: () => streams.acceptUni(),
      stream: (stream) => this.#receiving.stream(stream),
      nextRequest: () => requests.accept(),
      first: (request) => request.next(),
      serve: async (request, message) => {
        access.register(message);
        await serving.router.serve(request, message);
      },
      datagram: (bytes) => this.#receiving.datagram(bytes),
    });
  }

  get #receiving(): Receiving {
    if (this.#received !== undefined) return this.#received;
    const receiving = this.#received = new Receiving(this.#collaborators);
    if (this.#isOver) receiving.stop();
    return receiving;
  }

  get counts(): SessionCounts {
    const { subscriptionCount, remoteCount, namespaceCount, parkedStreams } = this.#serving;
    return {
      subscriptions: subscriptionCount,
      transit: this.peer.relay === undefined ? 0 : remoteCount,
      namespaces: namespaceCount,
      tracks: this.#received?.publisher.trackCount ?? 0,
      parkedStreams,
    };
  }

  /** Starts to accept the peer's streams and requests. */
  start(): void {
    this.#accepting.start();
    const { tasks } = this.#collaborators;
    this.#serving.announce(tasks);
    if (!this.#solicits) return;
    tasks.spawn("solicit", () => this.#serving.announcements.solicit());
  }

  /** The peer is going away: of a relay other routes are taken, and clients go on as long as they can. */
  peerLeaves(): void {
    if (this.peer.isOtherRelay && this.#isCalled) this.#serving.announcements.leave();
  }

  async ping(): Promise<boolean> {
    return await this.#receiving.publisher.ping(await this.#token?.next());
  }

  publisher(scope: string): Publisher {
    return this.#receiving.publisher.inScope(scope);
  }

  /** Stops everything; called when the connection has ended. */
  stop(): void {
    this.#isOver = true;
    this.#serving.stop();
    this.#received?.stop();
  }

  /** Releases the streams, after all tasks have ended. */
  close(): void {
    this.#serving.close();
    this.#received?.close();
  }
}

function viewOf({ peer, scope: { path }, isAssigned }: HandshakeResult): PeerView {
  const { relayName: relay, implementation } = peer;
  return { relay, implementation, path, isOtherRelay: isOtherRelay(peer), isAssigned };
}
