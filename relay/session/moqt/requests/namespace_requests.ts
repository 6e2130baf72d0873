import type { TaskGroup } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import { isTransportEnd } from "../../errors.ts";
import type { Refusal } from "../../../track/mod.ts";
import { refusalOf } from "./refusals.ts";
import type { RequestChannel, Requests } from "./requests.ts";

/**
 * Announces a namespace by a PUBLISH_NAMESPACE of ours: unasked, or as drafts 14 and 15 tell of what is
 * under a prefix. The result withdraws it. A peer that refuses or cancels it is not asked again;
 * `answered` is called with its answer, undefined when it takes the namespace.
 */
export function announceNamespace(
  requests: Pick<Requests, "open">,
  tasks: TaskGroup,
  namespace: Namespace,
  answered: (refusal: Refusal | undefined) => void = () => {},
): () => void {
  let channel: RequestChannel | undefined;
  let isWithdrawn = false;
  tasks.spawn("announce namespace", async () => {
    try {
      channel = await requests.open("publishNamespace");
      if (isWithdrawn) return channel.cancel("cancelled");
      const requestId = channel.nextId();
      channel.send({ kind: "publishNamespace", requestId, namespace, parameters: {} });
      const answer = await channel.next();
      if (answer?.kind === "requestOk") answered(undefined);
      else if (answer?.kind === "requestError") answered(refusalOf(answer));
      await channel.drain();
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    } finally {
      channel?.finish();
    }
  });
  return () => {
    isWithdrawn = true;
    channel?.finish();
  };
}
