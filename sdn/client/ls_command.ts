import {
  ago,
  bitRate,
  type Column,
  done,
  type Outcome,
  short,
  tableText,
} from "@qumo/shared/runtime";
import type { z } from "zod";
import type { announcesAnswer, graphAnswer, relaysAnswer } from "../control/answers.ts";
import { type Call, type ClientCommand, misused, printAnswer } from "./command.ts";
import { MAX_LISTED, PAGE } from "./limits.ts";

export type Relays = z.infer<typeof relaysAnswer>;
type Relay = Relays["relays"][number];
type Graph = z.infer<typeof graphAnswer>;
type Announces = z.infer<typeof announcesAnswer>;

/** What there is. */
export const lsCommand: ClientCommand = {
  name: "ls",
  usage: "[relays|hosts|links|tracks [PREFIX]]",
  summary: "what there is: relays (if nothing is said), machines with several, links, or tracks",
  choices: ["relays", "hosts", "links", "tracks"],
  flags: ["json"],
  words: [0, 2],
  async run(call) {
    const [what = "relays", prefix] = call.words;
    if (prefix !== undefined && what !== "tracks") return misused(`Unexpected word ${prefix}`);
    switch (what) {
      case "relays":
        return printAnswer(
          call,
          await call.api.ask<Relays>({ path: "/relay" }),
          (answer) => relaysText(answer, call.process.clock.wall()),
        );
      case "hosts":
        return printAnswer(call, await hosts(call), hostsText);
      case "links":
        return printAnswer(call, await call.api.ask<Graph>({ path: "/graph" }), linksText);
      case "tracks":
        return printAnswer(call, await tracks(call, prefix), tracksText);
    }
    return misused(`ls lists relays, hosts, links or tracks, and not ${what}`);
  },
};

/** The relays of one machine together. */
interface Host {
  readonly host: string;
  readonly region: string;
  readonly relays: readonly string[];
  readonly states: readonly string[];
  readonly sessions: number;
  readonly egress_bps: number;
  /** The share of all its cores, of those that say theirs. */
  readonly cpu: number | undefined;
}

async function hosts({ api }: Call): Promise<Outcome<readonly Host[], string>> {
  const answer = await api.ask<Relays>({ path: "/relay" });
  if (!answer.ok) return answer;
  // A relay that is alone on its machine is its host.
  const byHost = Map.groupBy(answer.value.relays, ({ host, relay }) => host ?? relay);
  return done([...byHost].map(([host, relays]) => hostOf(host, relays)));
}

function hostOf(host: string, relays: readonly Relay[]): Host {
  const sum = (read: (load: NonNullable<Relay["load"]>) => number | undefined) =>
    relays.reduce((all, { load }) => all + (load === undefined ? 0 : read(load) ?? 0), 0);
  const measured = relays.filter(({ load }) => load?.cpu !== undefined).length;
  return {
    host,
    region: relays[0]!.region,
    relays: relays.map(({ relay }) => relay),
    states: [...new Set(relays.map(({ state }) => state))],
    sessions: sum((load) => load.sessions),
    egress_bps: sum((load) => load.egress_bps),
    cpu: measured === 0 ? undefined : sum((load) => load.cpu) / measured,
  };
}

function hostsText(rows: readonly Host[]): string {
  return tableText([
    { title: "host", of: ({ host }) => host },
    { title: "region", of: ({ region }) => region === "" ? undefined : region },
    { title: "relays", of: ({ relays }) => relays.length, isNumber: true },
    { title: "state", of: ({ states }) => states.join(", ") },
    { title: "sessions", of: ({ sessions }) => sessions, isNumber: true },
    { title: "egress", of: ({ egress_bps }) => bitRate(egress_bps), isNumber: true },
    { title: "cpu", of: ({ cpu }) => percent(cpu), isNumber: true },
  ], rows);
}

function percent(share: number | undefined): string | undefined {
  return share === undefined ? undefined : `${Math.round(share * 100)} %`;
}

/** The columns of relays. */
export function relayColumns(now: number): Column<Relay>[] {
  return [
    { title: "relay", of: ({ relay }) => relay },
    { title: "region", of: ({ region }) => region === "" ? undefined : region },
    { title: "state", of: ({ state }) => state },
    { title: "sessions", of: ({ load }) => load?.sessions, isNumber: true },
    { title: "egress", of: ({ load }) => bitRate(load?.egress_bps), isNumber: true },
    {
      title: "cpu",
      of: ({ load }) => percent(load?.cpu),
      isNumber: true,
    },
    { title: "tracks", of: ({ announces }) => announces, isNumber: true },
    { title: "seen", of: ({ last_seen }) => ago(last_seen, now), isNumber: true },
    { title: "address", of: ({ address }) => address === "" ? undefined : address },
  ];
}

function relaysText({ relays, expired }: Relays, now: number): string {
  const columns = relayColumns(now);
  columns.splice(-1, 0, { title: "version", of: ({ version }) => version });
  const there = tableText(columns, relays);
  if (expired.length === 0) return there;
  const ended = tableText([
    { title: "expired", of: ({ relay }) => relay },
    { title: "region", of: ({ region }) => region === "" ? undefined : region },
    { title: "seen", of: ({ last_seen }) => ago(last_seen, now), isNumber: true },
  ], expired);
  return `${there}\n${ended}`;
}

function linksText({ links }: Graph): string {
  return tableText([
    { title: "from", of: ({ from }) => from },
    { title: "to", of: ({ to }) => to },
    { title: "state", of: ({ state }) => state },
    { title: "cost", of: ({ cost }) => short(cost), isNumber: true },
    { title: "rtt", of: ({ rtt_ms: rtt }) => rtt && `${short(rtt)} ms`, isNumber: true },
    { title: "loss", of: ({ loss }) => loss && `${short(loss * 100)} %`, isNumber: true },
  ], links);
}

async function tracks(
  { api }: Call,
  prefix: string | undefined,
): Promise<Outcome<Announces["entries"], string>> {
  const entries: Announces["entries"] = [];
  let after: string | undefined;
  for (;;) {
    const query = { prefix, limit: PAGE, after };
    const page = await api.ask<Announces>({ path: "/announce", query });
    if (!page.ok) return page;
    entries.push(...page.value.entries);
    after = page.value.next;
    if (after === undefined) return done(entries);
    if (entries.length >= MAX_LISTED) return tooMany(entries.length);
  }
}

function tooMany(count: number): Outcome<never, string> {
  return { ok: false, refusal: `There are more than ${count} tracks: say ls tracks PREFIX` };
}

function tracksText(entries: Announces["entries"]): string {
  return tableText([
    { title: "track", of: ({ track }) => track },
    { title: "relay", of: ({ relay }) => relay },
  ], entries);
}
