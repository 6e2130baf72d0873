import type { Registry } from "../registry/mod.ts";
import type { AccessExchange } from "../sync/access_exchange.ts";
import { Exchange } from "../sync/exchange.ts";
import type { AccessRoom } from "./access_room.ts";
import type { AccessService } from "./access_service.ts";
import type { Journal } from "./journal.ts";
import type { StepPublisher } from "./step_publisher.ts";
import type { Kick } from "./use_cases.ts";

/** The dependencies of {@linkcode PeerSide}. */
export interface PeerSideOptions {
  readonly registry: Registry;
  readonly journal: Journal;
  readonly publisher: StepPublisher;
  readonly room: AccessRoom;
  readonly access: AccessService;
  readonly leaseMs: number;
  readonly now: () => number;
  /** Counts relays that were merged with a peer's state. */
  readonly onMerged: (relays: number) => void;
}

/** What replicates to the peers. */
export interface Replication {
  /** Called with the relays of each published change. */
  readonly push: (relays: readonly string[]) => void;
  /** Called with the keys of what changed about access. */
  readonly pushAccess: (keys: readonly string[]) => void;
  /** Called when a relay said what tenants use. */
  readonly pushUsage: (relay: string) => void;
  /** Passes a kick on; returns how many peers it is passed on to. */
  readonly kick: (kick: Kick) => number;
  /** Whether a peer that heard relays is silent: leases are prolonged instead of ended. */
  readonly isDeaf: () => boolean;
}

/** A controller as its peers see it: what it takes from them, and what it tells them. */
export class PeerSide {
  /** Its side of the replication of relays. */
  readonly exchange: Exchange;
  /** Its side of the replication of what is about access. */
  readonly access: AccessExchange;
  readonly #options: PeerSideOptions;

  constructor(options: PeerSideOptions) {
    const { registry, journal, room, access, leaseMs, now, onMerged } = options;
    this.#options = options;
    this.exchange = new Exchange({
      registry,
      leaseMs,
      now,
      expire: () => journal.expire(),
      adopt: (adoptions) => {
        onMerged(adoptions.length);
        return journal.adopt(adoptions);
      },
    });
    this.access = room.exchange(journal, access);
  }

  /** Tells peers of every change from now on. */
  replicate({ push, pushAccess, pushUsage, kick, isDeaf }: Replication): void {
    const { publisher, room, access, journal } = this.#options;
    publisher.follow(push);
    publisher.followAccess(pushAccess);
    room.usages.follow(pushUsage);
    access.passKicksOn(kick);
    journal.hearElsewhere(isDeaf);
  }
}
