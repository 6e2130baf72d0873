import { bitRate, done, many, sleep, tableText } from "@qumo/shared/runtime";
import type { z } from "zod";
import type { flowsAnswer } from "../control/answers.ts";
import { type Call, type ClientCommand, failed } from "./command.ts";
import { LOOK_AGAIN_MS, TOP_TRACKS } from "./limits.ts";
import { relayColumns, type Relays } from "./ls_command.ts";

type Flows = z.infer<typeof flowsAnswer>;

/** Relays and tracks, the busiest first, again and again. */
export const topCommand: ClientCommand = {
  name: "top",
  usage: "[--once]",
  summary: "relays and tracks, the busiest first, every two seconds until Ctrl-C",
  flags: ["once", "json"],
  words: [0, 0],
  async run(call) {
    const { process, signal, flags, print } = call;
    for (;;) {
      const text = await look(call);
      if (!text.ok) return failed(text.refusal);
      const isDrawn = process.stdout.isTerminal && !flags.once && !flags.json;
      // From the upper left corner, over what was there.
      print(isDrawn ? `\u001b[H\u001b[2J${text.value}` : text.value);
      if (flags.once) return done(undefined);
      await sleep(process.clock, LOOK_AGAIN_MS, signal);
      if (signal.aborted) return done(undefined);
    }
  },
};

async function look({ api, flags, process }: Call) {
  const [relays, flows] = await Promise.all([
    api.ask<Relays>({ path: "/relay" }),
    api.ask<Flows>({ path: "/flows" }),
  ]);
  if (!relays.ok) return relays;
  if (!flows.ok) return flows;
  const both = { ...relays.value, flows: flows.value.flows };
  if (flags.json) return done(`${JSON.stringify(both)}\n`);
  return done(topText(both, process.clock.wall()));
}

function topText(
  { relays, expired, flows }: Relays & Pick<Flows, "flows">,
  now: number,
): string {
  const egress = relays.reduce((sum, { load }) => sum + (load?.egress_bps ?? 0), 0);
  const sessions = relays.reduce((sum, { load }) => sum + (load?.sessions ?? 0), 0);
  const unwell = relays.filter(({ state }) => state !== "registered").length + expired.length;
  const head = `${many(relays.length, "relay")} (${unwell} draining, unreachable or expired), ` +
    `${many(sessions, "session")}, ${bitRate(egress)}`;
  const busiest = relays.toSorted((a, b) =>
    (b.load?.egress_bps ?? 0) - (a.load?.egress_bps ?? 0) || (a.relay < b.relay ? -1 : 1)
  );
  return `${head}\n\n${tableText(relayColumns(now), busiest)}\n${tracksText(flows)}`;
}

/** The tracks that most relays take from others. */
function tracksText(flows: Flows["flows"]): string {
  const byTrack = Map.groupBy(flows, ({ track }) => track);
  const most = [...byTrack].toSorted(([, a], [, b]) => b.length - a.length).slice(0, TOP_TRACKS);
  return tableText([
    { title: "track", of: ([track]) => track },
    { title: "relays", of: ([, taken]) => taken.length, isNumber: true },
    { title: "from", of: ([, taken]) => [...new Set(taken.map(({ source }) => source))].join(" ") },
  ], most);
}
