import { namespaceText } from "@qumo/shared/runtime";
import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import type { Registry, RouteTold, Scope } from "../track/mod.ts";
import type { EventLog } from "./event_log.ts";

/** The dependencies of {@linkcode PublishedNamespaces}. */
export interface PublishedNamespacesParts {
  readonly scope: Scope;
  readonly registry: Pick<Registry, "pathsThatAwait">;
  readonly events: EventLog;
  /** Publishes a namespace of the peer; the returned function withdraws it. */
  readonly advertise: (namespace: Namespace, told?: RouteTold) => () => void;
}

/** The namespaces that one peer publishes, each once even if it is announced several times. */
export class PublishedNamespaces {
  readonly #parts: PublishedNamespacesParts;
  readonly #published = new Map<string, { times: number; withdraw: () => void }>();
  #isLeft = false;

  constructor(parts: PublishedNamespacesParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#published.size;
  }

  /** Publishes a namespace until the returned function is called; `told` is the newest of its route. */
  add(namespace: Namespace, told?: RouteTold): () => void {
    const key = namespaceKey(namespace);
    const known = this.#published.get(key);
    const published = known ?? { times: 0, withdraw: this.#begin(namespace, told) };
    published.times++;
    this.#published.set(key, published);
    if (known !== undefined && told !== undefined && !this.#isLeft) {
      // First the new route, so that the namespace is there all the time.
      const before = known.withdraw;
      known.withdraw = this.#parts.advertise(namespace, told);
      before();
    }
    return () => {
      if (--published.times > 0) return;
      this.#published.delete(key);
      this.#parts.events.say("namespace withdrawn", this.#fieldsOf(namespace));
      published.withdraw();
    };
  }

  /** The peer is going away: nobody else is told any more of what it publishes. */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    for (const published of this.#published.values()) {
      published.withdraw();
      published.withdraw = NOTHING;
    }
  }

  #begin(namespace: Namespace, told: RouteTold | undefined): () => void {
    if (this.#isLeft) return NOTHING;
    const { events, registry, scope, advertise } = this.#parts;
    const what = this.#fieldsOf(namespace);
    const awaited = registry.pathsThatAwait(namespace, scope);
    events.say("namespace announced", {
      ...what,
      ...(awaited.length > 0 && { awaited_at_path: awaited.join(" ") }),
    });
    return advertise(namespace, told);
  }

  #fieldsOf(namespace: Namespace): { namespace: string; path: string } {
    return { namespace: namespaceText(namespace), path: this.#parts.scope.path };
  }
}

const NOTHING = () => {};
