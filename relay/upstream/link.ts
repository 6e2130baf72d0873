import { Backoff, messageOf, sleep, TaskGroup } from "@qumo/shared/runtime";
import type { EstablishedSession, Session } from "../session/session.ts";
import type { Publisher } from "../track/mod.ts";
import type { Connection } from "../transport/types.ts";
import { unlessAbandoned } from "./abandoned_dial.ts";
import { MonitoredConnection } from "./monitored_connection.ts";
import { HoldDown } from "./hold_down.ts";
import { LiveLink } from "./live_link.ts";
import type { LinkState } from "../views.ts";
import type { LinkOptions, LinkTarget } from "./link_options.ts";

// The first wait before the next connection attempt: short for people, long enough to avoid a
// storm.
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
const HEALTHY_MS = 10_000;

// A relay that starts with its neighbors is known to their controller within this.
const UNKNOWN_MS = 5_000;

/** The link to one neighbor: owns the one session to it and every attempt to connect. */
export class Link {
  readonly name: string;
  readonly #options: LinkOptions;
  readonly #tasks: TaskGroup;
  readonly #backoff: Backoff;
  readonly #hold: HoldDown;
  #live: LiveLink | undefined;
  /** The session that was started last. */
  #session: Session | undefined;
  #isBanned = false;
  #isBroken = false;
  #since: number;
  #failure: string | undefined;
  #tried: LinkTarget | undefined;
  /** Since when the neighbor's URL is unknown, if it never was known. */
  #unknownSince: number | undefined;
  #wasKnown = false;
  /** Aborted when what is waited for at the neighbor's old URL is of no use any more. */
  #attempt = new AbortController();

  constructor(options: LinkOptions) {
    const { name, clock, log, random, settings } = options;
    this.name = name;
    this.#options = options;
    this.#since = clock.now();
    this.#tasks = new TaskGroup((task, error) =>
      log.error("internal error in a link", { task, error })
    );
    this.#hold = new HoldDown(settings.holdDownMs);
    const patience = { first: FIRST_RETRY_MS, cap: LONGEST_RETRY_MS, healthyAfter: HEALTHY_MS };
    this.#backoff = new Backoff({ ...patience, random }, clock);
    this.#tasks.spawn("link", (signal) => this.#run(signal));
  }

  get state(): LinkState {
    if (this.#live === undefined) return "dialing";
    if (this.#live.session.isPeerLeaving) return "leaving";
    return this.#live.isUp ? "up" : "held";
  }

  /** Whether the last session ended without a GOAWAY of the neighbor. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Milliseconds since the session started or ended. */
  get sinceMs(): number {
    return this.#options.clock.now() - this.#since;
  }

  /** The smoothed round-trip time in milliseconds; undefined while it is unknown. */
  get rttMs(): number | undefined {
    return this.#live?.rttMs;
  }

  /** Why the last connection attempt failed; undefined while there is a session. */
  get failure(): string | undefined {
    return this.#live === undefined ? this.#failure : undefined;
  }

  /** The name that the neighbor sent; undefined while it is unknown. */
  get peerName(): string | undefined {
    return this.#live?.neighbor.peer.relay;
  }

  /** Whether the neighbor is a relay of another program; false while that is unknown. */
  get isOtherRelay(): boolean {
    return this.#live?.neighbor.peer.isOtherRelay ?? false;
  }

  /** Whether tracks of this scope can be requested. Our own relays serve every scope. */
  serves(scope: string): boolean {
    return this.peerName !== undefined || scope === this.#options.scope;
  }

  /** The neighbor as a publisher of a scope's tracks; undefined while there is no session. */
  publisher(scope: string): Publisher | undefined {
    return this.#live?.neighbor.publisher(scope);
  }

  /**
   * The neighbor's URL may have changed: if it has, retries at once and abandons an attempt at the
   * old URL.
   */
  retry(): void {
    const target = this.#options.target();
    if (target === undefined || isSame(target, this.#tried)) return;
    this.#attempt.abort();
  }

  /**
   * Whether the neighbor may be called may have changed: a session with one that may not be ends now, and
   * one that may be called again is.
   */
  reviewBan(): void {
    const why = this.#options.whyBanned();
    if (why !== undefined) this.#session?.close(why);
    if (this.#isBanned !== (why !== undefined)) this.#attempt.abort();
  }

  /** The session has changed; the neighbor may have sent GOAWAY. */
  changed(): void {
    this.#options.onChange();
  }

  /** Closes the session and stops connecting. */
  async close(): Promise<void> {
    this.#live?.session.close("the link is not needed any more");
    await this.#tasks.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#attempt = new AbortController();
      await this.#try(AbortSignal.any([this.#attempt.signal, signal]), signal);
    }
  }

  /** Keeps one session, if there can be one, and waits. `attempt` ends the dialing and the waiting. */
  async #try(attempt: AbortSignal, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const banned = this.#options.whyBanned();
    this.#isBanned = banned !== undefined;
    if (banned !== undefined) {
      this.#failed(banned);
      return await sleep(clock, LONGEST_RETRY_MS, attempt);
    }
    const target = this.#tried = this.#options.target();
    if (target === undefined) {
      this.#warnUnknown();
      return await sleep(clock, LONGEST_RETRY_MS, attempt);
    }
    this.#wasKnown = true;
    try {
      const connection = await unlessAbandoned(this.#options.dial(target), attempt);
      if (connection === undefined) return;
      await this.#keep(connection, target, signal);
    } catch (error) {
      this.#failed(messageOf(error));
    }
    if (!signal.aborted) await sleep(clock, this.#backoff.failed(), attempt);
  }

  async #keep(
    connection: Connection,
    target: LinkTarget,
    signal: AbortSignal,
  ): Promise<void> {
    const monitored = new MonitoredConnection(connection, () => this.#live?.heard());
    this.#isBroken = false;
    // Must be set before the session reacts and ends its subscriptions.
    void connection.closed.then(() => this.#isBroken = this.#live?.session.isPeerLeaving === false);
    const session = this.#session = this.#options.startSession(monitored, target, this);
    const over = session.run();
    const stop = () => session.close("the relay is shutting down");
    signal.addEventListener("abort", stop);
    try {
      const neighbor = await session.established;
      if (neighbor === undefined) return this.#failed("the session was refused");
      const banned = this.#options.whyBanned();
      if (banned !== undefined) {
        session.close(banned);
        return this.#failed(banned);
      }
      const { relay } = neighbor.peer;
      const { expected } = this.#options;
      if (expected !== undefined && relay !== expected) {
        session.close("another relay was expected");
        return this.#failed(`${relay ?? "another program"} answers at its address`);
      }
      this.#begin(session, neighbor);
      await over;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#end();
      await over;
    }
  }

  #begin(session: Session, neighbor: EstablishedSession): void {
    const { clock, settings, log, onChange, onMeasured } = this.#options;
    const heldMs = this.#hold.milliseconds;
    this.#since = clock.now();
    this.#failure = undefined;
    this.#backoff.succeeded();
    log.info("link established", { neighbor: this.name, held_ms: heldMs });
    const { name } = this;
    const onUp = () => this.#trust();
    this.#live = new LiveLink({
      name,
      session,
      neighbor,
      settings,
      clock,
      log,
      heldMs,
      onUp,
      onMeasured,
    });
    if (heldMs === 0) this.#trust();
    else onChange();
  }

  #trust(): void {
    this.#hold.up(this.#options.clock.now());
    this.#options.onChange();
  }

  #end(): void {
    if (this.#live === undefined) return;
    const { clock, log } = this.#options;
    this.#live.stop();
    this.#live = undefined;
    this.#hold.down(clock.now());
    this.#since = clock.now();
    log.info("link down", { neighbor: this.name });
    this.#options.onChange();
  }

  /** Warns once about a neighbor without an address: its name may be misspelt. */
  #warnUnknown(): void {
    const { clock, log, whyUnknown } = this.#options;
    const why = whyUnknown();
    this.#failure = ["its address is not known", why].filter((one) => one !== undefined).join(": ");
    if (why === undefined || this.#wasKnown) return;
    this.#unknownSince ??= clock.now();
    if (clock.now() - this.#unknownSince < UNKNOWN_MS) return;
    this.#wasKnown = true;
    log.warn("neighbor unknown", { neighbor: this.name, reason: why });
  }

  #failed(reason: string): void {
    if (this.#failure === reason) return;
    this.#failure = reason;
    this.#options.log.warn("cannot connect to neighbor", { neighbor: this.name, reason });
  }
}

function isSame(a: LinkTarget, b: LinkTarget | undefined): boolean {
  return a.url === b?.url && a.certificateSha256 === b.certificateSha256;
}
