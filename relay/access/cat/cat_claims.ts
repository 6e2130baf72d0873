import { done, type Outcome, printable, refused } from "@qumo/shared/runtime";
import * as z from "zod";
import type { Claimed } from "../claims.ts";
import {
  MAX_ID_CHARACTERS,
  MAX_NAMESPACE_MATCHES,
  MAX_PREFIXES,
  MIN_REVALIDATION_MS,
} from "../limits.ts";
import { whyForeign } from "./foreign_claims.ts";
import { type FieldMatch, type Policy, type Right, RIGHTS, type Rule } from "../policy.ts";

/** How CAT are read here. */
export interface CatSettings {
  /** Names of this relay, one of which a token with `aud` must have. */
  readonly audience: readonly string[];
  /** Who may make tokens, by `iss`; empty: everybody who has a key. */
  readonly issuers: readonly string[];
  /** The numbers of the claims `moqt` and `moqt-reval`, which are not registered yet. */
  readonly moqtClaim: number;
  readonly moqtRevalClaim: number;
}

/** What a CAT says, before its time is looked at. */
export interface CatClaimed extends Omit<Claimed, "holder"> {
  readonly holder: Pick<Policy["holder"], "subject" | "tenant">;
  /** How often it must be looked at again; undefined: never. */
  readonly revalidateMs: number | undefined;
}

/** Claims of CWT (RFC 8392) and of CAT that are understood, by their numbers. */
const CLAIM = { iss: 1, sub: 2, aud: 3, exp: 4, nbf: 5, iat: 6, cti: 7, catv: 310 };

/** The rights that an action of MOQT gives; what is missing here gives none. */
const ACTIONS: Readonly<Record<number, Right>> = {
  2: "announce",
  3: "see",
  4: "subscribe",
  // 5 is REQUEST_UPDATE, which changes what another action allowed.
  6: "publish",
  7: "fetch",
  8: "status",
};
const CLIENT_SETUP = 0;

const bytes = z.instanceof(Uint8Array);
const time = z.number().min(-1e12).max(1e12).optional();
const text = z.string().min(1).max(MAX_ID_CHARACTERS).optional();
const match = z.union([
  bytes.transform((value): FieldMatch => ({ kind: "exact", value })),
  z.tuple([z.literal([1, 2]), bytes]).transform(([kind, value]): FieldMatch => (
    { kind: kind === 1 ? "prefix" : "suffix", value }
  )),
]);
const matches = z.array(z.union([match, z.null()])).min(1).max(MAX_NAMESPACE_MATCHES + 1)
  .refine((list) => !list.slice(0, -1).includes(null));
const actions = z.array(z.int()).min(1).max(64);
const scope = z.union([
  z.tuple([actions]),
  z.tuple([actions, matches]),
  z.tuple([actions, matches, match]),
]);
const scopes = z.array(scope).min(1).max(MAX_PREFIXES);

const claims = z.object({
  iss: text,
  sub: text,
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string()).max(MAX_PREFIXES)])
    .optional(),
  exp: time,
  nbf: time,
  iat: time,
  cti: z.union([bytes, z.string()]).optional(),
  catv: z.union([z.literal(1), z.literal("CAT-v1")]).optional(),
  moqt: scopes,
  reval: z.number().min(0).max(1e9).default(0),
});

/** Reads the claims of a CAT whose signature is good; refuses with what is wrong with them. */
export function readCatClaims(value: unknown, settings: CatSettings): Outcome<CatClaimed, string> {
  if (!(value instanceof Map)) return refused("its claims are no map");
  const keys = { ...CLAIM, moqt: settings.moqtClaim, reval: settings.moqtRevalClaim };
  // Whatever else it says may restrict it, so that not to understand is not to accept.
  const known = new Set<unknown>(Object.values(keys));
  const other = [...value.keys()].find((key) => !known.has(key));
  if (other !== undefined) return refused(whyForeign(other));
  const named = Object.entries(keys).map(([name, key]) => [name, value.get(key)]);
  const parsed = claims.safeParse(Object.fromEntries(named));
  if (!parsed.success) {
    return refused(
      `its claim ${String(parsed.error.issues[0]?.path[0])} is none that is understood`,
    );
  }
  const said = parsed.data;
  const fault = faultOf(said, settings);
  if (fault !== undefined) return refused(fault);
  const claimed = claimedOf(said);
  const allowsNothing = RIGHTS.every((right) => claimed.rules[right].length === 0);
  return allowsNothing && !claimed.opens ? refused("it allows nothing") : done(claimed);
}

type Said = z.output<typeof claims>;

function faultOf({ iss, aud, reval }: Said, { issuers, audience }: CatSettings) {
  if (issuers.length > 0 && !issuers.includes(iss ?? "")) {
    return "its issuer is none of this relay's";
  }
  if (aud !== undefined && !aud.some((one) => audience.includes(one))) {
    return "it is for another audience";
  }
  const isTooOften = reval > 0 && reval * 1_000 < MIN_REVALIDATION_MS;
  return isTooOften ? "it wants to be looked at too often" : undefined;
}

function claimedOf({ sub, exp, nbf, iat, cti, moqt, reval }: Said): CatClaimed {
  const rules: Record<Right, Rule[]> = {
    publish: [],
    announce: [],
    subscribe: [],
    fetch: [],
    status: [],
    see: [],
  };
  for (const [actions, namespace, track] of moqt) {
    const rule = ruleOf(namespace, track);
    for (const right of new Set(actions.map((action) => ACTIONS[action]))) {
      if (right !== undefined) rules[right].push(rule);
    }
  }
  return {
    tokenId: cti === undefined ? undefined : idText(cti),
    holder: { subject: sub, tenant: undefined },
    rules,
    opens: moqt.some(([actions]) => actions.includes(CLIENT_SETUP)),
    isRelay: false,
    limits: {},
    notBefore: Math.max(nbf ?? -Infinity, iat ?? -Infinity) * 1_000,
    expires: (exp ?? Infinity) * 1_000,
    revalidateMs: reval === 0 ? undefined : reval * 1_000,
  };
}

/** The matches are of the fields of the name: the path of the connection has none. */
function ruleOf(namespace: (FieldMatch | null)[] = [], track?: FieldMatch): Rule {
  const fields = namespace.filter((field) => field !== null);
  return {
    within: "namespace",
    fields,
    isOpen: fields.length === namespace.length,
    ...(track !== undefined && { track }),
  };
}

function idText(cti: Uint8Array | string): string {
  const id = typeof cti === "string" ? cti : textOf(cti) ?? cti.toHex();
  return printable(id, MAX_ID_CHARACTERS);
}

function textOf(cti: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(cti);
  return /^[\x21-\x7e]+$/.test(text) ? text : undefined;
}
