import {
  type Clock,
  type FileAccess,
  type Log,
  type Outcome,
  shownName,
  sleep,
  TaskGroup,
} from "@qumo/shared/runtime";
import type { AccessListener } from "./access_events.ts";
import { type Assignment, assignmentOf } from "./assignment.ts";
import { ControllerClient } from "./controller_client.ts";
import { Controllers } from "./controllers.ts";
import { deadlineIn } from "./deadline.ts";
import { Epoch, mintEpoch } from "./epoch.ts";
import { Heartbeat, type RelayReport } from "./heartbeat.ts";
import { DEREGISTER_TIMEOUT_MS } from "./limits.ts";
import { type Identity, identityOf, type PublicKey } from "./identity.ts";
import { Interests, type InterestTable } from "./interests.ts";
import { Mirror } from "./mirror.ts";
import type { MirrorView } from "./mirror_view.ts";
import { OwnAnnounces } from "./own_announces.ts";
import { OwnEntry } from "./own_entry.ts";
import { Registrar } from "./registrar.ts";
import type { ControlPlaneSettings } from "./settings.ts";
import type { ControlPlaneStatus } from "./status.ts";
import { TokenFile } from "./token_file.ts";
import { ControllerFollower } from "./controller_follower.ts";

/** What the control plane works with. */
export interface ControlPlaneOptions {
  readonly settings: ControlPlaneSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: FileAccess;
  /** Returns what this relay reports about itself; called for each heartbeat. */
  readonly report: () => RelayReport;
  /** Receives what the controller says about access; absent: it is not asked. */
  readonly access?: AccessListener;
  /** Called once, when an operator has ordered the controller to drain this relay. */
  readonly onDrain: () => void;
  /** The `fetch` that calls controllers, where TLS needs a CA or a client certificate. */
  readonly fetch?: typeof fetch;
  /** A number from 0 up to but not including 1. */
  readonly random?: () => number;
}

/**
 * The relay's side of the control plane: keeps the relay registered, reports its changes, and
 * mirrors the controller's state. Media never waits for a controller: while none answers, the
 * mirror stays as it was.
 */
export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #controllers: Controllers;
  readonly #client: ControllerClient;
  readonly #mirror: Mirror;
  readonly #interests: Interests | undefined;
  readonly #announces = new OwnAnnounces();
  readonly #heartbeat: Heartbeat;
  readonly #registrar: Registrar;
  readonly #ownEntry: OwnEntry;
  readonly #follower: ControllerFollower;
  // Two groups, because heartbeats stop before the relay deregisters and the event stream only at
  // close().
  readonly #beating: TaskGroup;
  readonly #following: TaskGroup;
  readonly #cut = new AbortController();
  #isUntoldSaid = false;
  #areUntoldFlowsSaid = false;

  constructor(options: ControlPlaneOptions) {
    const { settings, clock, log, report, random = Math.random } = options;
    this.#options = options;
    this.#controllers = new Controllers(settings.urls);
    const token = new TokenFile(settings.tokenFile, options);
    this.#client = new ControllerClient({
      clock,
      fetch: options.fetch ?? fetch,
      token: () => token.current(),
    });
    const { name } = settings;
    const [client, controllers] = [this.#client, this.#controllers];
    const parts = { name, client, controllers, clock, log, random };
    const epoch = new Epoch(mintEpoch(clock.wall()));
    const interests = this.#interests = this.#openInterests();
    this.#mirror = new Mirror(name, (text) => interests?.wants(text) ?? true);
    this.#heartbeat = new Heartbeat(settings, { epoch, announces: this.#announces });
    this.#registrar = new Registrar({
      ...parts,
      epoch,
      heartbeat: this.#heartbeat,
      report,
      announces: () => this.#announces.told,
      onAccepted: (url, isNews) => this.#accepted(url, isNews),
      onUsed: (elsewhere) => options.access?.used(elsewhere),
      cut: this.#cut.signal,
    });
    this.#follower = new ControllerFollower({
      ...parts,
      mirror: this.#mirror,
      ...(interests && { interests }),
      ...(options.access && { access: options.access }),
      ...(settings.mirrorAllUpTo !== undefined && { mirrorAllUpTo: settings.mirrorAllUpTo }),
      onReady: (isAnew) => this.#ready(isAnew),
    });
    const onFailure = (task: string, error: unknown) =>
      log.error("internal error in the control plane", { task, error });
    this.#beating = new TaskGroup(onFailure);
    this.#following = new TaskGroup(onFailure);
    this.#ownEntry = new OwnEntry({
      name,
      mirror: this.#mirror,
      epoch,
      registrar: this.#registrar,
      isDraining: () => report().draining,
      onDrain: options.onDrain,
      tasks: this.#following,
    });
  }

  /** This relay's unique name in the mesh. */
  get name(): string {
    return this.#options.settings.name;
  }

  /** The mirror: what the controller knows of the other relays. */
  get mirror(): MirrorView {
    return this.#mirror;
  }

  /** What is followed of the announces; undefined where the mirror always has all. */
  get interests(): InterestTable | undefined {
    return this.#interests;
  }

  /** Starts the heartbeats and follows the controller's events. */
  start(): void {
    this.#beating.spawn("heartbeats", (signal) => this.#registrar.run(signal));
    this.#following.spawn("watch", (signal) => this.#follower.run(signal));
  }

  /**
   * Adds an announce of a local publisher. Calls are counted: an announce that was added twice must
   * be withdrawn twice.
   */
  announced(text: string): void {
    if (!this.#announces.add(text)) {
      this.#options.log.warn("name not announced: too long", {
        text: shownName(text),
      });
      return;
    }
    this.#registrar.changed();
  }

  /** Takes back an announce that announced() added. */
  withdrawn(text: string): void {
    this.#announces.remove(text);
    this.#registrar.changed();
  }

  /** The report has changed: the next heartbeat is sent at once, or after the one that is under way. */
  changed(): void {
    this.#registrar.changed();
  }

  /**
   * Asks the controller for the relay that a client should use for `track`;
   * undefined when there is no other relay. `client` is any id of the client, used to spread many
   * over the relays. Bounded in time; never rejects.
   */
  async assign(
    { track, client }: { track?: string; client?: string } = {},
  ): Promise<Assignment | undefined> {
    const { clock, settings: { region } } = this.#options;
    // Controllers of before refuse it, and say nothing of hosts.
    const insteadOf = this.#heartbeat.readsHost ? this.name : undefined;
    const { signal } = this.#following;
    const asked = { client: this.#client, clock, urls: this.#controllers.inOrder, signal };
    return await assignmentOf({ region, track, client, insteadOf }, this.name, asked);
  }

  /** What the controller says of a key of this relay's. Never rejects. */
  async identify(key: PublicKey): Promise<Outcome<Identity, string>> {
    const { signal } = this.#following;
    const asked = { client: this.#client, urls: this.#controllers.inOrder, signal };
    return await identityOf(this.name, key, asked);
  }

  /** The current state of the connection to the controller. */
  get status(): ControlPlaneStatus {
    const { clock, settings } = this.#options;
    const age = (since: number | undefined) =>
      since === undefined ? undefined : clock.now() - since;
    const ageMs = age(this.#follower.heardAt);
    return {
      url: this.#controllers.current,
      revision: this.#mirror.revision,
      ageMs,
      isStale: !this.#mirror.isComplete || (ageMs ?? Infinity) > settings.staleAfterMs,
      heartbeatAgeMs: age(this.#registrar.acceptedAt),
      problem: this.#registrar.problem?.message,
      problemCode: this.#registrar.problem?.code,
      isOutdated: this.#registrar.isOutdated,
      hasRival: this.#registrar.hasRival,
      failures: this.#registrar.failures + this.#follower.failures,
      interests: this.#interests && {
        follows: this.#interests.follows,
        count: this.#interests.size,
        counts: this.#interests.counts,
      },
    };
  }

  /** Stops the heartbeats and deregisters. Bounded in time; never rejects. */
  async deregister(): Promise<void> {
    const { clock } = this.#options;
    const deadline = deadlineIn(clock, DEREGISTER_TIMEOUT_MS);
    const over = new AbortController();
    // A heartbeat that arrives after the deregistration would register the relay again.
    await Promise.race([
      this.#beating.close(),
      sleep(clock, DEREGISTER_TIMEOUT_MS, over.signal),
    ]);
    over.abort();
    this.#cut.abort();
    await this.#registrar.deregister(deadline.signal);
    deadline.cancel();
  }

  /** Stops everything without deregistering. */
  async close(): Promise<void> {
    this.#cut.abort();
    await Promise.all([this.#beating.close(), this.#following.close()]);
    this.#interests?.close();
  }

  #openInterests(): Interests | undefined {
    const { settings, clock, log } = this.#options;
    if (settings.mirrorAllUpTo === undefined) return undefined;
    return new Interests({
      clock,
      log,
      onDropped: () => this.#mirror.forgetUnwanted(),
      onNarrow: () => this.#follower.reopen(),
    });
  }

  #accepted(url: string, isNews: boolean): void {
    this.#follower.prefer(url);
    if (isNews) this.#follower.reachable();
    this.#lookForUntold();
    this.#ownEntry.lookForDrain();
  }

  #ready(isAnew: boolean): void {
    if (isAnew) this.#registrar.changed();
    this.#registrar.reachable();
  }

  #lookForUntold(): void {
    const { untold, told } = this.#announces;
    if (untold > 0 && !this.#isUntoldSaid) {
      this.#options.log.warn("too many announces: the newest are not sent to the controller", {
        told: told.length,
        untold,
      });
    }
    this.#isUntoldSaid = untold > 0;
    const { untoldFlows } = this.#heartbeat;
    if (untoldFlows > 0 && !this.#areUntoldFlowsSaid) {
      this.#options.log.info("heartbeat too large: the flows with the longest names are left out", {
        untold: untoldFlows,
      });
    }
    this.#areUntoldFlowsSaid = untoldFlows > 0;
  }
}
