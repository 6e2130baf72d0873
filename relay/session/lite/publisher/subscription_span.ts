import { messageOf, type Outcome, type Tracing } from "@qumo/shared/runtime";
import { formatTrackName, type FullTrackName } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";

/** What {@linkcode inSubscriptionSpan} uses of its session. */
export interface SubscriptionSpanContext {
  readonly id: number;
  readonly tracing: Tracing;
}

/** Serves a subscription in a span that is as long. Resolves with the refusal of what was not served. */
export async function inSubscriptionSpan(
  { tracing, id }: SubscriptionSpanContext,
  track: FullTrackName,
  serve: () => Promise<Outcome<string | undefined, Refusal>>,
): Promise<Refusal | undefined> {
  const span = tracing.start("moqt subscription", {
    kind: "server",
    attributes: { "qumo.track": formatTrackName(track), "qumo.session": id },
  });
  try {
    const outcome = await span.run(serve);
    const ending = outcome.ok ? outcome.value : outcome.refusal.kind;
    span.set({ "qumo.outcome": ending ?? "left" });
    span.end(outcome.ok ? undefined : outcome.refusal.reason);
    return outcome.ok ? undefined : outcome.refusal;
  } catch (error) {
    span.end(messageOf(error));
    throw error;
  }
}
