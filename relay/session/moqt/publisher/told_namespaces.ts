import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import type { Permit } from "../../rights.ts";

/** What a peer is told of the namespaces that there are: those that it may see now. */
export class ToldNamespaces {
  readonly #permit: Pick<Permit, "shows">;
  readonly #say: (kind: "namespace" | "namespaceDone", namespace: Namespace) => void;
  readonly #told = new Map<string, Namespace>();
  readonly #hidden = new Map<string, Namespace>();

  constructor(
    permit: Pick<Permit, "shows">,
    say: (kind: "namespace" | "namespaceDone", namespace: Namespace) => void,
  ) {
    this.#permit = permit;
    this.#say = say;
  }

  came(namespace: Namespace): void {
    const key = namespaceKey(namespace);
    if (!this.#permit.shows(namespace)) return void this.#hidden.set(key, namespace);
    this.#told.set(key, namespace);
    this.#say("namespace", namespace);
  }

  left(namespace: Namespace): void {
    const key = namespaceKey(namespace);
    this.#hidden.delete(key);
    if (this.#told.delete(key)) this.#say("namespaceDone", namespace);
  }

  /** The peer may see others than before. */
  showAgain(): void {
    const hidden = [...this.#hidden];
    for (const [key, namespace] of [...this.#told]) {
      if (this.#permit.shows(namespace)) continue;
      this.left(namespace);
      this.#hidden.set(key, namespace);
    }
    for (const [key, namespace] of hidden) {
      if (!this.#permit.shows(namespace)) continue;
      this.#hidden.delete(key);
      this.came(namespace);
    }
  }

  /** Nothing is told any more. */
  forget(): void {
    this.#told.clear();
    this.#hidden.clear();
  }
}
