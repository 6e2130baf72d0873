import { bitRate, done, many, type Outcome, refused, tableText } from "@qumo/shared/runtime";
import type { z } from "zod";
import type {
  kickAnswer,
  onePolicyAnswer,
  policiesAnswer,
  revocationsAnswer,
  revokedAnswer,
} from "../control/access_answers.ts";
import { type ControllerApi, pathOf } from "./api.ts";
import {
  type Call,
  type ClientCommand,
  confirmed,
  type Failure,
  type Flags,
  misused,
  printAnswer,
} from "./command.ts";
import { MAX_LISTED, PAGE } from "./limits.ts";

type Revocation = z.infer<typeof revocationsAnswer>["revocations"][number];
type Policies = z.infer<typeof policiesAnswer>["policies"];
type OnePolicy = z.infer<typeof onePolicyAnswer>;

/** What can be revoked and cut. */
const KINDS = ["token", "subject", "tenant", "key", "namespace", "session"];

const HOURS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Forbids, shows what is forbidden, and takes it back. */
export const revokeCommand: ClientCommand = {
  name: "revoke",
  usage: `[${KINDS.join("|")} VALUE] [--reason TEXT] [--for TIME] [--yes]`,
  summary:
    "forbid what a token, subject, tenant, key, namespace or session may do, at all relays; " +
    "without words: what is revoked",
  choices: KINDS,
  flags: ["reason", "for", "yes", "json"],
  words: [0, 2],
  async run(call) {
    const target = targetOf(call);
    if (!target.ok) return target;
    if (target.value === undefined) {
      return printAnswer(call, await allRevocations(call.api), revocationsText);
    }
    const { kind, value } = target.value;
    const expires = endOf(call);
    if (expires === null) return misused("--for takes a time like 30m, 12h or 7d");
    const agreed = confirmed(
      call,
      `Revoke the ${kind} ${value}, and cut what it has at all relays?`,
    );
    if (!agreed.ok) return agreed;
    const body = { kind, value, reason: call.flags.reason, expires_at: expires };
    const answer = await call.api.ask<z.infer<typeof revokedAnswer>>({
      method: "POST",
      path: "/revoke",
      body,
    });
    return printAnswer(
      call,
      answer,
      ({ id, expires_at }) =>
        `${id} is in force until ${expires_at}; unrevoke ${id} takes it back\n`,
    );
  },
};

/** Takes a revocation back. */
export const unrevokeCommand: ClientCommand = {
  name: "unrevoke",
  usage: "ID",
  summary: "take a revocation back",
  flags: ["json"],
  words: [1, 1],
  async run(call) {
    const [id = ""] = call.words;
    const path = `/revoke${pathOf(id)}`;
    return printAnswer(
      call,
      await call.api.ask<object>({ method: "DELETE", path }),
      () => `${id} is taken back\n`,
    );
  },
};

/** Cuts what is there now. */
export const kickCommand: ClientCommand = {
  name: "kick",
  usage: `${KINDS.join("|")} VALUE [--relay RELAY] [--reason TEXT] [--yes]`,
  summary: "cut what is there now, and forbid nothing",
  choices: KINDS,
  flags: ["relay", "reason", "yes", "json"],
  words: [2, 2],
  async run(call) {
    const target = targetOf(call);
    if (!target.ok) return target;
    const { kind, value } = target.value!;
    const { relay, reason } = call.flags;
    const agreed = confirmed(call, `Cut what the ${kind} ${value} has now?`);
    if (!agreed.ok) return agreed;
    const body = { kind, value, relay, reason };
    const answer = await call.api.ask<z.infer<typeof kickAnswer>>({
      method: "POST",
      path: "/kick",
      body,
    });
    return printAnswer(call, answer, ({ relays, etcd }) => {
      const others = etcd === "not_told"
        ? "; etcd does not answer, so relays of other controllers were not told"
        : etcd === "told"
        ? ", and all other controllers on etcd"
        : "";
      return `told ${many(relays, "relay")}${others}\n`;
    });
  },
};

/** What tenants may use. */
export const policyCommand: ClientCommand = {
  name: "policy",
  usage: "[ls | get TENANT | set TENANT [--sessions N] [--tracks N] [--ingress BITS] " +
    "[--egress BITS] [--regions A,B] | rm TENANT]",
  summary: "what tenants may use at all relays together",
  choices: ["ls", "get", "set", "rm"],
  flags: ["sessions", "tracks", "ingress", "egress", "regions", "yes", "json"],
  words: [0, 2],
  async run(call) {
    const [what = "ls", tenant] = call.words;
    if (what === "ls" && tenant === undefined) {
      return printAnswer(call, await allPolicies(call.api), policiesText);
    }
    if (tenant === undefined) return misused(`Say whose policy: policy ${what} TENANT`);
    const path = `/policy${pathOf(tenant)}`;
    switch (what) {
      case "get":
        return printAnswer(call, await call.api.ask<OnePolicy>({ path }), policyText);
      case "set": {
        const body = termsOf(call.flags);
        if (!body.ok) return misused(body.refusal);
        const asked = { method: "PUT", path, body: body.value } as const;
        return printAnswer(call, await call.api.ask<OnePolicy>(asked), policyText);
      }
      case "rm":
        return await remove(call, tenant, path);
    }
    return misused(`policy takes ls, get, set or rm, and not ${what}`);
  },
};

async function remove(
  call: Call,
  tenant: string,
  path: string,
): Promise<Outcome<undefined, Failure>> {
  const agreed = confirmed(call, `Let ${tenant} use what its tokens say, without limits?`);
  if (!agreed.ok) return agreed;
  const answer = await call.api.ask<object>({ method: "DELETE", path });
  return printAnswer(call, answer, () => `${tenant} has no policy any more\n`);
}

function targetOf(
  { words: [kind, value] }: Call,
): Outcome<{ readonly kind: string; readonly value: string } | undefined, Failure> {
  if (kind === undefined) return done(undefined);
  if (!KINDS.includes(kind)) return misused(`${kind} is none of ${KINDS.join(", ")}`);
  return value === undefined ? misused(`Say which ${kind}`) : done({ kind, value });
}

/** When what is said with `--for` is over; undefined for the controller's own choice, null for nonsense. */
function endOf({ flags, process }: Call): string | undefined | null {
  if (flags.for === undefined) return undefined;
  const match = /^(\d{1,6})([mhd])$/.exec(flags.for);
  if (match === null) return null;
  const unit = HOURS[match[2] as keyof typeof HOURS];
  return new Date(process.clock.wall() + Number(match[1]) * unit).toISOString();
}

function termsOf(flags: Flags): Outcome<Record<string, unknown>, string> {
  const terms: Record<string, unknown> = {};
  for (const [flag, key] of NUMBERS) {
    const text = flags[flag];
    if (text === undefined) continue;
    const number = /^\d{1,15}$/.test(text) ? Number(text) : bitsOf(text);
    if (number === undefined) return refused(`--${flag} takes a number, and not ${text}`);
    terms[key] = number;
  }
  if (flags.regions !== undefined) terms.regions = flags.regions.split(",");
  return Object.keys(terms).length === 0
    ? refused("Say what it may use: --sessions, --tracks, --ingress, --egress or --regions")
    : done(terms);
}

const NUMBERS = [
  ["sessions", "sessions"],
  ["tracks", "tracks"],
  ["ingress", "ingress_bps"],
  ["egress", "egress_bps"],
] as const;

const SCALES: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 };

/** A bit rate like `50M`. */
function bitsOf(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([kMG])$/.exec(text);
  return match === null ? undefined : Math.round(Number(match[1]) * SCALES[match[2]!]!);
}

async function allRevocations(api: ControllerApi): Promise<Outcome<Revocation[], string>> {
  return await pages<Revocation>(api, "/revoke", "revocations");
}

async function allPolicies(api: ControllerApi): Promise<Outcome<Policies, string>> {
  return await pages<Policies[number]>(api, "/policy", "policies");
}

async function pages<T>(
  api: ControllerApi,
  path: string,
  name: string,
): Promise<Outcome<T[], string>> {
  const entries: T[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await api.ask<Record<string, unknown>>({ path, query: { limit: PAGE, after } });
    if (!page.ok) return page;
    entries.push(...page.value[name] as T[]);
    after = page.value.next as string | undefined;
    if (after === undefined || entries.length >= MAX_LISTED) return done(entries);
  }
}

function revocationsText(revocations: readonly Revocation[]): string {
  return tableText([
    { title: "id", of: ({ id }) => id },
    { title: "kind", of: ({ kind }) => kind },
    { title: "value", of: ({ value }) => value },
    { title: "until", of: ({ expires_at }) => expires_at },
    { title: "reason", of: ({ reason }) => reason },
  ], revocations);
}

const TERMS = [
  { title: "tenant", of: ({ tenant }: Policies[number]) => tenant },
  { title: "sessions", of: ({ sessions }: Policies[number]) => sessions, isNumber: true },
  { title: "tracks", of: ({ tracks }: Policies[number]) => tracks, isNumber: true },
  { title: "ingress", of: (one: Policies[number]) => bitRate(one.ingress_bps), isNumber: true },
  { title: "egress", of: (one: Policies[number]) => bitRate(one.egress_bps), isNumber: true },
  { title: "regions", of: ({ regions }: Policies[number]) => regions?.join(" ") },
];

function policiesText(policies: Policies): string {
  return tableText(TERMS, policies);
}

function policyText({ used, ...policy }: OnePolicy): string {
  return tableText(TERMS, [policy, { ...used, tenant: "(used now)" }]);
}
