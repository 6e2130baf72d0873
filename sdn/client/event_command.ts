import { done, type Outcome, printable, sleep } from "@qumo/shared/runtime";
import type { z } from "zod";
import type { eventsAnswer } from "../control/answers.ts";
import { type Call, type ClientCommand, failed, type Failure, misused } from "./command.ts";
import { LOOK_AGAIN_MS, MAX_ERROR } from "./limits.ts";

type Events = z.infer<typeof eventsAnswer>;

const LAST = 50;

/** What happened. */
export const eventsCommand: ClientCommand = {
  name: "events",
  usage: "[-f] [--since ID] [--limit N]",
  summary: "what happened, the oldest first; with -f what happens from now on as well",
  flags: ["follow", "since", "limit", "json"],
  words: [0, 0],
  async run(call) {
    const since = wholeNumber(call.flags.since);
    const limit = wholeNumber(call.flags.limit ?? String(LAST));
    if (since === null || limit === null) return misused("--since and --limit take numbers");
    const first = await show(call, { since, limit });
    if (!first.ok || !call.flags.follow) return first.ok ? done(undefined) : first;
    let newest = first.value;
    while (!call.signal.aborted) {
      await sleep(call.process.clock, LOOK_AGAIN_MS, call.signal);
      if (call.signal.aborted) break;
      const more = await show(call, { since: newest });
      // A controller that is restarted is waited for.
      if (more.ok) newest = more.value;
      else call.process.stderr.write(`${more.refusal.text}\n`);
    }
    return done(undefined);
  },
};

/** Prints events; returns the number of the newest one. */
async function show(
  { api, flags, print }: Call,
  query: { readonly since?: number | undefined; readonly limit?: number | undefined },
): Promise<Outcome<number, Failure>> {
  const answer = await api.ask<Events>({ path: "/events", query });
  if (!answer.ok) return failed(answer.refusal);
  const { events, newest } = answer.value;
  for (const event of events) {
    print(flags.json ? `${JSON.stringify(event)}\n` : `${line(event)}\n`);
  }
  // A controller without a store begins to count again when it is restarted.
  return done(
    query.since === undefined ? newest : events.at(-1)?.id ?? Math.min(query.since, newest),
  );
}

function line({ time, level, text }: Events["events"][number]): string {
  return printable(`${time}  ${level.padEnd(5)}  ${text}`, MAX_ERROR);
}

function wholeNumber(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
