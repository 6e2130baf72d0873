import {
  type ControlMessageOf,
  EncodeError,
  type Namespace,
  outOfScope,
  updateScope,
} from "@qumo/shared/wire";
import { isTransportEnd, violation } from "../errors.ts";
import type { SessionContext } from "./context.ts";
import type { PrefixSlot } from "./prefixes.ts";
import { requestError } from "./refusals.ts";
import type { RequestStream } from "./request_stream.ts";

/**
 * Serves SUBSCRIBE_NAMESPACE: tells the peer of every namespace under a prefix as they come and go,
 * until the request ends.
 */
export async function serveNamespaces(
  context: SessionContext,
  stream: RequestStream,
  message: ControlMessageOf<"subscribeNamespace">,
  slot: PrefixSlot,
): Promise<void> {
  let unwatch = watch(context, stream, message.prefix);
  stream.onStopped = () => unwatch();
  try {
    for (;;) {
      const update = await stream.next();
      if (update === undefined) break;
      if (update.kind !== "requestUpdate") {
        throw violation(`${update.kind} does not belong on the stream of SUBSCRIBE_NAMESPACE`);
      }
      const stray = outOfScope(update.parameters, updateScope.subscribeNamespace);
      if (stray !== undefined) throw violation(`${stray} does not belong into this update`);
      context.ids.accept(update.requestId);
      const prefix = update.parameters.namespacePrefix;
      const refusal = prefix && slot.move(prefix);
      if (refusal !== undefined) {
        stream.send(requestError(refusal));
        break;
      }
      stream.send({ kind: "requestOk", parameters: {}, properties: NO_PROPERTIES });
      if (prefix === undefined) continue;
      unwatch();
      unwatch = watch(context, stream, prefix);
    }
  } catch (error) {
    if (!isTransportEnd(error)) throw error;
  } finally {
    unwatch();
    stream.finish();
  }
}

function watch(context: SessionContext, stream: RequestStream, prefix: Namespace): () => void {
  const say = (kind: "namespace" | "namespaceDone", namespace: Namespace) => {
    try {
      stream.send({ kind, suffix: namespace.slice(prefix.length) });
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      context.log.warn("namespace not passed on", { reason: error.message });
    }
  };
  return context.scope.watchNamespaces(prefix, {
    added: (namespace) => say("namespace", namespace),
    removed: (namespace) => say("namespaceDone", namespace),
  });
}

const NO_PROPERTIES = new Uint8Array(0);
