import { type Clock, done, type Outcome, refused, sleep } from "@qumo/shared/runtime";
import type { Interest } from "@qumo/shared/topology";
import * as z from "zod";
import type { ControllerClient, ControllerFault } from "./controller_client.ts";
import type { Interests } from "./interests.ts";
import { RESEND_MS } from "./limits.ts";

/** What a change of interests is sent with. */
export interface InterestSending {
  readonly client: ControllerClient;
  readonly clock: Clock;
  readonly interests: Interests;
  readonly url: string;
  /** The name of the stream at the controller. */
  readonly watcher: string;
}

const answerSchema = z.object({ number: z.int() });

/**
 * Tells the controller what a stream is to follow as that changes, one change after the other: what
 * comes up meanwhile goes with the next one. Ends when the signal is aborted, or with the reason why
 * the stream cannot go on.
 */
export async function sendInterests(
  { client, clock, interests, url, watcher }: InterestSending,
  signal: AbortSignal,
): Promise<Outcome<void, ControllerFault>> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  while (!signal.aborted) {
    const change = interests.take();
    if (interests.isWide) return refused(WIDE);
    if (change === undefined) {
      await Promise.race([interests.changed(), aborted]);
      continue;
    }
    const { number, add, drop } = change;
    const body = { number, add: listsOf(add), drop: listsOf(drop) };
    const path = `/watch/${encodeURIComponent(watcher)}`;
    while (!signal.aborted) {
      const answer = await client.ask({ url, method: "PUT", path, body, signal }, answerSchema);
      if (answer.ok) {
        interests.reached();
        break;
      }
      const { code, retryAfterMs = 0 } = answer.refusal;
      if (TOO_MANY.includes(code)) interests.widen();
      if (code === "not_found") interests.missed();
      if (code !== "rate_limited") return answer;
      await sleep(clock, Math.max(retryAfterMs, RESEND_MS), signal);
    }
  }
  return done(undefined);
}

/** Interests as the controller reads them. */
export function listsOf(interests: readonly Interest[]) {
  const of = (wanted: Interest["kind"]) =>
    interests.flatMap(({ kind, text }) => kind === wanted ? [text] : []);
  return { namespaces: of("namespace"), prefixes: of("prefix") };
}

/** Refusals of a controller that keeps no more interests of this relay. */
export const TOO_MANY: readonly string[] = ["limit_reached", "too_large"];

const WIDE: ControllerFault = { code: "limit_reached", message: "all announces are followed" };
