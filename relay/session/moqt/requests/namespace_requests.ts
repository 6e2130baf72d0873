import type { TaskGroup } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import { isTransportEnd } from "../../errors.ts";
import type { RequestChannel, Requests } from "./requests.ts";

/**
 * Announces a namespace by a PUBLISH_NAMESPACE of ours, which is how drafts 14 and 15 tell of what is
 * under a prefix. The result withdraws it. A peer that refuses or cancels it is not asked again.
 */
export function announceNamespace(
  requests: Pick<Requests, "open">,
  tasks: TaskGroup,
  namespace: Namespace,
): () => void {
  let channel: RequestChannel | undefined;
  let isWithdrawn = false;
  tasks.spawn("announce namespace", async () => {
    try {
      channel = await requests.open("publishNamespace");
      if (isWithdrawn) return channel.cancel("cancelled");
      const requestId = channel.nextId();
      channel.send({ kind: "publishNamespace", requestId, namespace, parameters: {} });
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
