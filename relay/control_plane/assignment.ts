import type { Clock } from "@qumo/shared/runtime";
import * as z from "zod";
import type { ControllerClient } from "./controller_client.ts";
import { deadlineIn } from "./deadline.ts";
import { REQUEST_TIMEOUT_MS } from "./limits.ts";

const answerSchema = z.object({
  relay: z.string(),
  address: z.string(),
  /** The relay's CPU utilization, 0 to 1; controllers of before do not say it. */
  cpu: z.number().optional(),
});

/** The relay that a controller assigns to a client. */
export type Assignment = z.infer<typeof answerSchema>;

/** A client for which another relay than this one is asked for. */
export interface AssignmentQuery {
  readonly region: string;
  readonly track: string | undefined;
  /** Any id of the client, used to spread many over the relays. */
  readonly client: string | undefined;
  /** This relay's name, for controllers that know which relays are on one machine. */
  readonly insteadOf: string | undefined;
}

/**
 * Asks controllers in turn for the relay that a client should use; undefined when none answers or
 * there is no other relay than `own`. Bounded in time for all of them; never rejects.
 */
export async function assignmentOf(
  { region, track, client: id, insteadOf }: AssignmentQuery,
  own: string,
  { client, clock, urls, signal }: {
    readonly client: Pick<ControllerClient, "ask">;
    readonly clock: Clock;
    readonly urls: readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<Assignment | undefined> {
  const query = new URLSearchParams({
    ...(region && { region }),
    ...(track && { track }),
    ...(id && { client: id }),
    ...(insteadOf && { instead_of: insteadOf }),
  });
  const deadline = deadlineIn(clock, REQUEST_TIMEOUT_MS);
  const either = AbortSignal.any([signal, deadline.signal]);
  try {
    for (const url of urls) {
      const request = { url, method: "GET", path: `/assign?${query}`, signal: either } as const;
      const found = await client.ask(request, answerSchema);
      if (!found.ok) continue;
      const { relay, address } = found.value.value;
      return relay !== own && address !== "" ? found.value.value : undefined;
    }
    return undefined;
  } finally {
    deadline.cancel();
  }
}
