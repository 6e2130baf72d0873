import { namespaceText } from "@qumo/shared/runtime";
import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import type { Registry, Scope } from "../track/mod.ts";
import type { EventLog } from "./event_log.ts";

/** The dependencies of {@linkcode PublishedNamespaces}. */
export interface PublishedNamespacesParts {
  readonly scope: Scope;
  readonly registry: Pick<Registry, "pathsThatAwait">;
  readonly events: EventLog;
  /** Publishes a namespace of the peer; the returned function withdraws it. */
  readonly advertise: (namespace: Namespace) => () => void;
}

/** The namespaces that one peer publishes, each once even if it is announced several times. */
export class PublishedNamespaces {
  readonly #parts: PublishedNamespacesParts;
  readonly #published = new Map<string, { times: number; readonly withdraw: () => void }>();

  constructor(parts: PublishedNamespacesParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#published.size;
  }

  /** Publishes a namespace until the returned function is called. */
  add(namespace: Namespace): () => void {
    const key = namespaceKey(namespace);
    const published = this.#published.get(key) ?? { times: 0, withdraw: this.#begin(namespace) };
    published.times++;
    this.#published.set(key, published);
    return () => {
      if (--published.times > 0) return;
      this.#published.delete(key);
      published.withdraw();
    };
  }

  #begin(namespace: Namespace): () => void {
    const { events, scope, registry, advertise } = this.#parts;
    const what = { namespace: namespaceText(namespace), path: scope.path };
    const awaited = registry.pathsThatAwait(namespace, scope);
    events.say("namespace announced", {
      ...what,
      ...(awaited.length > 0 && { awaited_at_path: awaited.join(" ") }),
    });
    const withdraw = advertise(namespace);
    return () => {
      events.say("namespace withdrawn", what);
      withdraw();
    };
  }
}
