import {
  type ControlMessageOf,
  type Namespace,
  outOfScope,
  type UpdatedRequest,
} from "@qumo/shared/wire";
import { isTransportEnd, violation } from "../../errors.ts";
import type { PrefixSlot } from "./prefixes.ts";
import { requestError } from "../requests/refusals.ts";
import type { RequestChannel } from "../requests/requests.ts";
import type { RequestIds } from "../requests/request_ids.ts";
import { requestOk } from "../requests/answers.ts";

/** The interfaces that {@linkcode followPrefix} uses of its session. */
export type PrefixContext = { readonly ids: RequestIds };

/** A SUBSCRIBE_NAMESPACE or SUBSCRIBE_TRACKS request. */
export interface PrefixWatch {
  readonly prefix: Namespace;
  /** The prefix's entry among those of the session. */
  readonly slot: PrefixSlot;
  /** The request kind that its updates belong to. */
  readonly of: UpdatedRequest;
  /** Starts to report what is published under a prefix; the returned function stops it. */
  readonly watch: (prefix: Namespace) => () => void;
  /** Applies the other parameters of an update. */
  readonly updated?: (parameters: ControlMessageOf<"requestUpdate">["parameters"]) => void;
}

/**
 * Serves a SUBSCRIBE_NAMESPACE or SUBSCRIBE_TRACKS until its stream ends: the peer may change the
 * prefix (#updating-namespace-subscriptions).
 */
export async function followPrefix(
  context: PrefixContext,
  stream: RequestChannel,
  request: PrefixWatch,
): Promise<void> {
  let unwatch = request.watch(request.prefix);
  stream.onStopped(() => unwatch());
  try {
    for (;;) {
      const update = await stream.next();
      if (update === undefined) break;
      if (update.kind !== "requestUpdate") {
        throw violation(`${update.kind} does not belong on the stream of a watched prefix`);
      }
      const stray = outOfScope(update.parameters, stream.rules.update[request.of]);
      if (stray !== undefined) throw violation(`${stray} does not belong into this update`);
      context.ids.accept(update.requestId);
      const prefix = update.parameters.namespacePrefix;
      const refusal = prefix && await request.slot.move(prefix);
      if (refusal !== undefined) {
        stream.send(requestError(refusal));
        break;
      }
      stream.send(requestOk());
      request.updated?.(update.parameters);
      if (prefix === undefined) continue;
      unwatch();
      unwatch = request.watch(prefix);
    }
  } catch (error) {
    if (!isTransportEnd(error)) throw error;
  } finally {
    unwatch();
    stream.finish();
  }
}
