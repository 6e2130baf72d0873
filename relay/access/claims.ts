import { done, type Outcome, refused } from "@qumo/shared/runtime";
import * as z from "zod";
import { MAX_ID_CHARACTERS, MAX_PREFIXES } from "./limits.ts";
import { fieldsOf } from "./paths.ts";
import { isWithin, type Policy, prefixRule, type Rule, rulesOfScope } from "./policy.ts";

/** What the key of a token says of its tokens. */
export interface Signer {
  readonly keyId: string | undefined;
  /** The only subject of its tokens; absent: any. */
  readonly subject?: string;
  /** What its tokens may allow at most; absent: everything. */
  readonly scope?: ScopeOfKey;
}

/** Prefixes that tokens of a key may name. */
export interface ScopeOfKey {
  readonly put: readonly Rule[];
  readonly get: readonly Rule[];
}

/** What a token says, before its time is looked at. */
export interface Claimed extends Omit<Policy, "until" | "holder"> {
  readonly holder: Omit<Policy["holder"], "tokenId">;
  readonly tokenId: string | undefined;
  /** In milliseconds since 1970. */
  readonly notBefore: number;
  readonly expires: number;
}

const id = z.string().min(1).max(MAX_ID_CHARACTERS);
const paths = z.union([z.string(), z.array(z.string()).max(MAX_PREFIXES)])
  .transform((value) => typeof value === "string" ? [value] : value);
const time = z.number().min(-1e12).max(1e12);
const count = z.int().min(0).max(1_000_000);

/** The prefixes of moq-dev, in tokens and as the scope of a key. */
const prefixes = { root: z.string().default(""), put: paths.optional(), get: paths.optional() };

const claims = z.looseObject({
  ...prefixes,
  /** Of moq-dev's former tokens: the peer is another relay. */
  cluster: z.boolean().default(false),
  path_auth: z.looseObject({
    root: z.string().default(""),
    pub: z.string().nullish(),
    sub: z.string().nullish(),
  }).optional(),
  exp: time.optional(),
  nbf: time.optional(),
  iat: time.optional(),
  jti: id.optional(),
  sub: id.optional(),
  tenant: id.optional(),
  limits: z.strictObject({
    subscriptions: count.optional(),
    published_tracks: count.optional(),
    namespaces: count.optional(),
    fetches: count.optional(),
  }).default({}),
});

/** Reads the claims of a token whose signature is good; refuses with what is wrong with them. */
export function readClaims(value: unknown, signer: Signer): Outcome<Claimed, string> {
  const parsed = claims.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refused(`its claim ${issue?.path.join(".") || "set"} is none that is understood`);
  }
  const { exp, nbf, jti, sub, tenant, cluster, limits, ...said } = parsed.data;
  const { put, get } = rulesOf(said);
  if (put.length + get.length === 0) return refused("it allows nothing");
  if (signer.subject !== undefined && sub !== signer.subject) {
    return refused("its key is for the tokens of another subject");
  }
  const { scope } = signer;
  if (scope !== undefined && !(isAllWithin(put, scope.put) && isAllWithin(get, scope.get))) {
    return refused("it allows more than its key may");
  }
  // Who may sign for a part of the names makes no relays: those are believed what they say of others.
  if (scope !== undefined && cluster) return refused("its key has a scope and makes no relays");
  return done({
    tokenId: jti,
    holder: { subject: sub, tenant, keyId: signer.keyId },
    rules: rulesOfScope({ put, get }),
    isRelay: cluster,
    limits: {
      ...(limits.subscriptions !== undefined && { subscriptions: limits.subscriptions }),
      ...(limits.published_tracks !== undefined && { publishedTracks: limits.published_tracks }),
      ...(limits.namespaces !== undefined && { namespaces: limits.namespaces }),
      ...(limits.fetches !== undefined && { fetches: limits.fetches }),
    },
    notBefore: Math.max(nbf ?? -Infinity, said.iat ?? -Infinity) * 1_000,
    expires: (exp ?? Infinity) * 1_000,
  });
}

/** Reads the scope of a key; undefined when it is none. */
export function readScope(value: unknown): ScopeOfKey | undefined {
  const parsed = z.strictObject(prefixes).safeParse(value);
  if (!parsed.success) return undefined;
  const { root, put, get } = parsed.data;
  return { put: under(root, put), get: under(root, get) };
}

type Said = Pick<z.output<typeof claims>, "root" | "put" | "get" | "path_auth">;

function rulesOf({ root, put, get, path_auth: go }: Said): ScopeOfKey {
  return {
    put: [...under(root, put), ...goRules(go?.root, go?.pub)],
    get: [...under(root, get), ...goRules(go?.root, go?.sub)],
  };
}

function under(root: string, paths: readonly string[] = []): Rule[] {
  return paths.map((path) => prefixRule([...fieldsOf(root), ...fieldsOf(path)]));
}

/** As in the Go program, where a token for everything does not exist. */
function goRules(root = "", path: string | null | undefined): Rule[] {
  if (path === null || path === undefined) return [];
  const rule = prefixRule([...fieldsOf(root), ...fieldsOf(path)]);
  return rule.fields.length === 0 ? [] : [rule];
}

function isAllWithin(rules: readonly Rule[], scope: readonly Rule[]): boolean {
  return rules.every((rule) => scope.some((outer) => isWithin(rule, outer)));
}
