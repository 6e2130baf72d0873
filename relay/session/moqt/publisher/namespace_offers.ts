import { namespaceText } from "@qumo/shared/runtime";
import {
  type ControlMessageOf,
  EncodeError,
  type Namespace,
  namespaceKey,
} from "@qumo/shared/wire";
import type { Parties, PeerNames, Reporting, Visibility } from "../connection/facets.ts";
import { isMoqDev } from "../connection/moq_dev.ts";
import { viewFor } from "../connection/relay_peer.ts";
import type { RequestChannel } from "../requests/requests.ts";
import type { PrefixOfferer, PrefixOffers } from "./prefix_server.ts";

/** What {@linkcode NamespaceOffers} uses of its session. */
export type NamespaceContext = Reporting & Parties & PeerNames & Visibility;

/** SUBSCRIBE_NAMESPACE: the peer is told of every namespace under a prefix as they come and go. */
export class NamespaceOffers implements PrefixOfferer<ControlMessageOf<"subscribeNamespace">> {
  readonly #context: NamespaceContext;

  constructor(context: NamespaceContext) {
    this.#context = context;
  }

  offersOn(stream: RequestChannel): PrefixOffers {
    return { watch: (prefix) => this.#watch(stream, prefix) };
  }

  #watch(stream: RequestChannel, prefix: Namespace): () => void {
    const { shows, scope, peer } = this.#context;
    if (shows === "none") return () => {};
    const say = (kind: "namespace" | "namespaceDone", namespace: Namespace) =>
      this.#say(stream, kind, { prefix, namespace });
    // What the peer was told of that it ends and will be there again.
    const renewing = new Set<string>();
    return scope.watchNamespaces(prefix, {
      added: (namespace) => say("namespace", namespace),
      removed: (namespace) => {
        if (!renewing.delete(namespaceKey(namespace))) say("namespaceDone", namespace);
      },
      ...(isMoqDev(peer) && {
        renewing: (namespace: Namespace) => {
          const key = namespaceKey(namespace);
          if (!renewing.has(key)) say("namespaceDone", namespace);
          renewing.add(key);
        },
        renewed: (namespace: Namespace) => {
          if (renewing.delete(namespaceKey(namespace))) say("namespace", namespace);
        },
      }),
    }, viewFor(shows, peer));
  }

  #say(
    stream: RequestChannel,
    kind: "namespace" | "namespaceDone",
    { prefix, namespace }: { readonly prefix: Namespace; readonly namespace: Namespace },
  ): void {
    try {
      stream.send({ kind, suffix: namespace.slice(prefix.length) });
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      this.#context.log.warn("namespace not forwarded", {
        namespace: namespaceText(namespace),
        reason: error.message,
      });
    }
  }
}
