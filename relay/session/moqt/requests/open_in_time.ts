import type { Clock } from "@qumo/shared/runtime";
import type { OwnRequest, RequestChannel, Requests } from "./requests.ts";

/** Opens a request; undefined when the peer does not allow one more in time. */
export async function openInTime(
  requests: Pick<Requests, "open">,
  { kind, clock, limitMs }: {
    readonly kind: OwnRequest;
    readonly clock: Clock;
    readonly limitMs: number;
  },
): Promise<RequestChannel | undefined> {
  let late = false;
  const opening = requests.open(kind);
  const waiting = new Promise<undefined>((resolve) => {
    const timer = clock.after(limitMs, () => {
      late = true;
      resolve(undefined);
    });
    const opened = (stream?: RequestChannel) => {
      timer.cancel();
      if (late) stream?.cancel("cancelled");
    };
    opening.then(opened, () => opened());
  });
  return await Promise.race([opening, waiting]);
}
