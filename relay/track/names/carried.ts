import { hasPrefix, type Namespace, namespaceKey } from "@qumo/shared/wire";
import type { Publisher } from "../sources/publisher.ts";

interface Carried {
  readonly namespace: Namespace;
  tracks: number;
}

/** The namespaces of the tracks that are being received, by publisher. */
export class CarriedNamespaces {
  readonly #byPublisher = new Map<Publisher, Map<string, Carried>>();

  /** Notes that a track is received from a publisher, or no more. Returns whether it is the first or was the last of its namespace. */
  note(publisher: Publisher, namespace: Namespace, isCarried: boolean): boolean {
    const ofPublisher = this.#byPublisher.get(publisher) ?? new Map<string, Carried>();
    const key = namespaceKey(namespace);
    const carried = ofPublisher.get(key) ?? { namespace, tracks: 0 };
    carried.tracks += isCarried ? 1 : -1;
    if (carried.tracks > 0) ofPublisher.set(key, carried);
    else ofPublisher.delete(key);
    if (ofPublisher.size > 0) this.#byPublisher.set(publisher, ofPublisher);
    else this.#byPublisher.delete(publisher);
    return carried.tracks === (isCarried ? 1 : 0);
  }

  /** Whether a track in a namespace, or in one under it, is received from a publisher. */
  has(publisher: Publisher, namespace: Namespace): boolean {
    const ofPublisher = this.#byPublisher.get(publisher);
    if (ofPublisher === undefined) return false;
    return [...ofPublisher.values()].some((carried) => hasPrefix(carried.namespace, namespace));
  }
}
