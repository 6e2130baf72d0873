import type { Clock } from "@qumo/shared/runtime";
import type { EventLog } from "../events/mod.ts";
import type { Registry } from "../registry/mod.ts";
import type { Notices } from "../store/types.ts";
import { AccessExchange } from "../sync/access_exchange.ts";
import { AccessFeed } from "./access_feed.ts";
import { AccessService } from "./access_service.ts";
import type { ChangeLog } from "./change_log.ts";
import type { Journal } from "./journal.ts";
import { TenantUsages } from "./tenant_usages.ts";

/** What everything about access is made of. */
export interface AccessRoomOptions {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly events: EventLog;
  readonly changeLog: ChangeLog;
  readonly leaseMs: number;
  readonly onBehind: () => void;
}

/** Everything of a controller that is about access: who may come in, and what tenants use. */
export class AccessRoom {
  /** Tells watchers. */
  readonly feed: AccessFeed;
  readonly usages: TenantUsages;
  readonly #options: AccessRoomOptions;
  #exchange: AccessExchange | undefined;
  #service: AccessService | undefined;

  constructor(options: AccessRoomOptions) {
    const { clock, registry, changeLog, leaseMs, onBehind } = options;
    this.#options = options;
    const wall = () => clock.wall();
    this.feed = new AccessFeed({ changeLog, book: registry.access, wall, onBehind });
    this.usages = new TenantUsages({ now: () => clock.now(), leaseMs });
  }

  /** The use cases. */
  service(journal: Journal): AccessService {
    const { clock, events, registry: { access: book }, changeLog } = this.#options;
    const { feed, usages } = this;
    const revision = () => changeLog.revision;
    return this.#service = new AccessService({
      ...{ clock, book, journal, feed, events, usages, revision },
    });
  }

  /** Passes kicks and what tenants use on to the other controllers of a shared store, and back. */
  share(notices: Notices): void {
    const { usages } = this;
    const service = this.#service!;
    service.shareKicks((kick) => notices.kick(kick));
    const now = () => this.#options.clock.now();
    usages.follow((relay) =>
      notices.uses(usages.said(relay) ?? { relay, tenants: [], heardAt: now() })
    );
    notices.hear({
      kick: (kick) => void service.kickHere(kick),
      uses: (notice) => usages.take(notice),
    });
  }

  /** This controller's side of what controllers tell each other. */
  exchange(journal: Journal, service: AccessService): AccessExchange {
    const { clock, registry } = this.#options;
    return this.#exchange = new AccessExchange({
      book: registry.access,
      wall: () => clock.wall(),
      now: () => clock.now(),
      adopt: (entries) => journal.adoptAccess(entries),
      kick: (kick) => service.kickHere(kick),
      usages: this.usages,
    });
  }

  /** What metrics say of it. */
  get metrics() {
    const { clock, registry } = this.#options;
    return {
      access: () => registry.access.counts(clock.wall()),
      usages: () => this.usages.size,
      usagesLeftOut: () => this.usages.leftOut,
      kicks: () => this.feed.kicks,
      kicksLost: () => (this.#exchange?.kicksLost ?? 0) + (this.#service?.kicksLost ?? 0),
    };
  }
}
