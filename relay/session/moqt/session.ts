import { TaskGroup } from "@qumo/shared/runtime";
import type { ControlMessageOf, Draft } from "@qumo/shared/wire";
import type { Connection } from "../../transport/types.ts";
import { isTransportEnd } from "../errors.ts";
import { FirstStreams } from "../first_streams.ts";
import type { PeerView, Session, SessionCounts, SessionResult } from "../session.ts";
import type { SessionOptions } from "../session_options.ts";
import { inSessionSpan } from "../session_span.ts";
import { refuseSession } from "../connection/refuse_session.ts";
import { SessionCloser } from "../connection/session_closer.ts";
import { SessionShutdown } from "../connection/session_shutdown.ts";
import { performHandshake } from "./connection/handshake.ts";
import { SessionScopes } from "./connection/session_scopes.ts";
import { EstablishedMoqt } from "./established.ts";
import { type Family, familyOf } from "./families.ts";
import { RequestIds } from "./requests/request_ids.ts";

/** A MoQT session over one connection. */
export class MoqtSession implements Session {
  readonly id: number;
  readonly protocol: string;
  readonly connection: Connection;
  readonly established: Promise<EstablishedMoqt | undefined>;
  readonly #options: SessionOptions & { readonly draft: Draft };
  readonly #tasks: TaskGroup;
  readonly #closer: SessionCloser;
  readonly #scopes: SessionScopes;
  readonly #ids: RequestIds;
  readonly #family: Family;
  readonly #shutdown: SessionShutdown;
  readonly #settle: (established: EstablishedMoqt | undefined) => void;
  #live: EstablishedMoqt | undefined;
  #isOver = false;

  constructor(options: SessionOptions, draft: Draft) {
    const { id, role, connection, clock, metrics, settings } = options;
    this.#options = { ...options, draft };
    this.id = id;
    this.protocol = draft.protocol;
    this.connection = connection;
    const { promise, resolve } = Promise.withResolvers<EstablishedMoqt | undefined>();
    this.established = promise;
    this.#settle = resolve;
    this.#closer = new SessionCloser(this.#options);
    this.#scopes = new SessionScopes(options.registry);
    const tasks = this.#tasks = new TaskGroup((_task, error) => this.#taskFailed(error));
    const ids = this.#ids = new RequestIds(role);
    const { control } = this.#family = familyOf({
      draft,
      role,
      connection,
      clock,
      tasks,
      metrics,
      settings,
      ids,
      onGoaway: (message) => this.#peerLeaves(message),
      giveUp: (reason) => this.#closer.close("control_message_timeout", reason, "limit"),
    });
    this.#shutdown = new SessionShutdown({
      role,
      connection,
      clock,
      tasks,
      say: (uri, timeout) => control.goaway(uri, timeout, ids.peerNext),
      close: (code, reason) => this.#closer.close(code, reason, "drained"),
    });
  }

  get peer(): PeerView | undefined {
    return this.#live?.peer;
  }

  get counts(): SessionCounts {
    return this.#live?.counts ?? NOTHING;
  }

  get isPeerLeaving(): boolean {
    return this.#shutdown.isPeerLeaving;
  }

  run(): Promise<SessionResult> {
    return inSessionSpan(this, this.#options, () => this.#run());
  }

  drain(timeoutMs: number, uri = ""): void {
    this.#shutdown.drain(timeoutMs, uri);
  }

  close(reason: string): void {
    this.#closer.close("no_error", reason, "drained");
  }

  async #run(): Promise<SessionResult> {
    this.#tasks.spawn("session", () => this.#speak());
    const info = await this.connection.closed;
    this.#isOver = true;
    this.#shutdown.stop();
    this.#settle(undefined);
    this.#live?.stop();
    await this.#tasks.close();
    this.#live?.close();
    this.#scopes.leave();
    return { info, end: this.#closer.ended(info) };
  }

  async #speak(): Promise<void> {
    const streams = new FirstStreams(this.#options.streams ?? this.connection);
    const result = await performHandshake(this.#options, {
      control: this.#family.control,
      streams,
      scopes: this.#scopes,
      closer: this.#closer,
    });
    if (result === undefined) return;
    if (this.#isOver) return result.rights.close();
    const { draft } = this.#options;
    result.rights.onLost((refusal) => refuseSession(this.#closer, draft, refusal));
    const live = this.#live = new EstablishedMoqt(this.#options, result, {
      streams,
      tasks: this.#tasks,
      closer: this.#closer,
      scopes: this.#scopes,
      ids: this.#ids,
      shutdown: this.#shutdown,
      family: this.#family,
    });
    this.#settle(live);
    live.start();
  }

  #peerLeaves({ timeout }: ControlMessageOf<"goaway">): void {
    const { log, link } = this.#options;
    log.info("peer is going away", { timeout });
    link?.onLeaving();
    this.#live?.peerLeaves();
    this.#shutdown.peerLeaves();
  }

  /** The end of one stream does not end the session. */
  #taskFailed(error: unknown): void {
    if (!isTransportEnd(error)) this.#closer.fail(error);
  }
}

const NOTHING: SessionCounts = {
  subscriptions: 0,
  transit: 0,
  namespaces: 0,
  tracks: 0,
  parkedStreams: 0,
};
