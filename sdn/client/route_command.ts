import { short, tableText } from "@qumo/shared/runtime";
import type { z } from "zod";
import type { routeAnswer } from "../control/answers.ts";
import { type ClientCommand, printAnswer } from "./command.ts";

type Route = z.infer<typeof routeAnswer>;

const ALTERNATES = 3;

/** The route between two relays. */
export const routeCommand: ClientCommand = {
  name: "route",
  usage: "FROM TO [--explain]",
  summary: "the route between two relays, and the next best ones",
  flags: ["explain", "json"],
  words: [2, 2],
  async run(call) {
    const [from, to] = call.words;
    const explain = call.flags.explain || undefined;
    const query = { from, to, k: ALTERNATES, explain };
    return printAnswer(call, await call.api.ask<Route>({ path: "/route", query }), routeText);
  },
};

function routeText({ full_path, cost, alternates = [], explanation }: Route): string {
  const all = [{ full_path, cost }, ...alternates];
  const table = tableText([
    { title: "cost", of: (one) => short(one.cost), isNumber: true },
    { title: "hops", of: (one) => one.full_path.length - 1, isNumber: true },
    { title: "path", of: (one) => one.full_path.join(" -> ") },
  ], all);
  if (explanation === undefined) return table;
  const links = tableText([
    { title: "from", of: ({ from }) => from },
    { title: "to", of: ({ to }) => to },
    { title: "cost", of: (link) => short(link.cost), isNumber: true },
    { title: "measured", of: (link) => short(link.measured_cost), isNumber: true },
    {
      title: "made of",
      of: ({ terms }) => terms.map((one) => `${one.term} ${short(one.value)}`).join(" + "),
    },
  ], explanation.links);
  return `${table}\n${links}`;
}
