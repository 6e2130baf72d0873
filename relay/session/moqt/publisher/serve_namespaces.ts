import { namespaceText } from "@qumo/shared/runtime";
import {
  type ControlMessageOf,
  EncodeError,
  type Namespace,
  namespaceKey,
} from "@qumo/shared/wire";
import { isMoqDev } from "../connection/moq_dev.ts";
import { followPrefix, type PrefixContext } from "./prefix_watch.ts";
import type { PrefixSlot } from "./prefixes.ts";
import { viewFor } from "../connection/relay_peer.ts";
import type { RequestChannel } from "../requests/requests.ts";
import type { Parties, PeerNames, Reporting, Visibility } from "../connection/facets.ts";

/** The interfaces that {@linkcode serveNamespaces} uses of its session. */
export type NamespaceContext = Reporting & Parties & PeerNames & Visibility & PrefixContext;

/**
 * Serves SUBSCRIBE_NAMESPACE: reports each namespace under a prefix as it is announced and
 * withdrawn, until the request ends.
 */
export async function serveNamespaces(
  context: NamespaceContext,
  stream: RequestChannel,
  message: ControlMessageOf<"subscribeNamespace">,
  slot: PrefixSlot,
): Promise<void> {
  await followPrefix(context, stream, {
    prefix: message.prefix,
    slot,
    of: "subscribeNamespace",
    watch: (prefix) => watch(context, stream, prefix),
  });
}

function watch(context: NamespaceContext, stream: RequestChannel, prefix: Namespace): () => void {
  const say = (kind: "namespace" | "namespaceDone", namespace: Namespace) => {
    try {
      stream.send({ kind, suffix: namespace.slice(prefix.length) });
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      context.log.warn("namespace not forwarded", {
        namespace: namespaceText(namespace),
        reason: error.message,
      });
    }
  };
  if (context.shows === "none") return () => {};
  // Namespaces reported as withdrawn that are about to be reported again.
  const renewing = new Set<string>();
  return context.scope.watchNamespaces(prefix, {
    added: (namespace) => say("namespace", namespace),
    removed: (namespace) => {
      if (!renewing.delete(namespaceKey(namespace))) say("namespaceDone", namespace);
    },
    ...(isMoqDev(context.peer) && {
      renewing: (namespace: Namespace) => {
        const key = namespaceKey(namespace);
        if (!renewing.has(key)) say("namespaceDone", namespace);
        renewing.add(key);
      },
      renewed: (namespace: Namespace) => {
        if (renewing.delete(namespaceKey(namespace))) say("namespace", namespace);
      },
    }),
  }, viewFor(context.shows, context.peer));
}
