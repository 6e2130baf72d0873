import { type Clock, done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import { exportJWK, generateKeyPair, generateSecret, importJWK, type JWK, SignJWT } from "jose";
import { parseArgs } from "node:util";
import { readKeys, readWholeKey, withoutSecrets } from "./keys.ts";
import { policyText } from "./policy_text.ts";
import { readSigningKey } from "./signing_keys.ts";
import { Verifier } from "./verifier.ts";

/** The answer of `token --help`. */
export const TOKEN_USAGE = `Usage: qumo-relay token COMMAND [FLAGS]

Commands
  keygen   print a new private key as a JWK
  public   print the public half of --key, for auth.keys
  sign     print a token signed with --key
  verify   print what --token may do, by --key

Flags
  --alg ALG          of keygen: ES256 (default), ES384, EdDSA, HS256, HS384 or HS512
  --kid NAME         of keygen: the name of the key, which its tokens carry
  --key FILE         a JWK; verify takes a JWKS too
  --token FILE       the token to verify
  --root PATH        prefix of all paths below
  --publish PATH     a prefix that may be published; may come again; "" is everything
  --subscribe PATH   a prefix that may be subscribed to; may come again
  --expires TIME     90s, 10m, 12h, 30d, or never (default 1h)
  --id ID            the token's id, which logs say (default: a random one)
  --subject NAME     whose token it is; of keygen: the only one whose tokens the key may sign
  --tenant NAME      whose quota counts
  --relay            the peer is another relay
`;

const OPTIONS = {
  alg: { type: "string", default: "ES256" },
  kid: { type: "string" },
  key: { type: "string" },
  token: { type: "string" },
  root: { type: "string", default: "" },
  publish: { type: "string", multiple: true },
  subscribe: { type: "string", multiple: true },
  expires: { type: "string", default: "1h" },
  id: { type: "string" },
  subject: { type: "string" },
  tenant: { type: "string" },
  relay: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What the tool reads with. */
export interface TokenToolParts {
  readonly readText: (path: string) => Promise<string>;
  readonly clock: Pick<Clock, "wall">;
}

type Flags = ReturnType<typeof parse>["values"];

/** Runs `token` with the words behind it; the text to print, or a sentence about what is wrong. */
export async function runTokenTool(
  args: readonly string[],
  parts: TokenToolParts,
): Promise<Outcome<string, string>> {
  try {
    const { values, positionals: [command, ...more] } = parse(args);
    if (values.help) return done(TOKEN_USAGE);
    if (more.length > 0) return refused(`Unexpected argument ${more[0]}`);
    switch (command) {
      case "keygen":
        return done(json(await newKey(values)));
      case "public":
        return done(json(withoutSecrets(readWholeKey(await textOf(values, "key", parts)))));
      case "sign":
        return done(`${await signed(values, parts)}\n`);
      case "verify":
        return await verified(values, parts);
    }
    return refused("token needs a command: keygen, public, sign or verify");
  } catch (error) {
    return refused(messageOf(error));
  }
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

async function newKey({ alg, kid, subject: sub }: Flags): Promise<JWK> {
  if (!/^(HS256|HS384|HS512|ES256|ES384|EdDSA)$/.test(alg)) throw new Error(`Unknown --alg ${alg}`);
  const extractable = { extractable: true };
  const key = alg.startsWith("HS")
    ? await generateSecret(alg, extractable)
    : (await generateKeyPair(alg, extractable)).privateKey;
  const bound = sub !== undefined && { sub };
  return { ...await exportJWK(key), alg, kid: kid ?? crypto.randomUUID().slice(0, 8), ...bound };
}

async function signed(flags: Flags, parts: TokenToolParts): Promise<string> {
  const { root, publish: put = [], subscribe: get = [], id, subject, tenant, relay } = flags;
  if (put.length + get.length === 0) {
    throw new Error("a token allows something: write --publish or --subscribe");
  }
  const key = await readSigningKey(await textOf(flags, "key", parts));
  const now = Math.floor(parts.clock.wall() / 1_000);
  const lifetime = secondsOf(flags.expires);
  const claims = {
    root,
    ...(put.length > 0 && { put }),
    ...(get.length > 0 && { get }),
    ...(relay && { cluster: true }),
    ...(subject !== undefined && { sub: subject }),
    ...(tenant !== undefined && { tenant }),
    ...(lifetime !== undefined && { exp: now + lifetime }),
    jti: id ?? crypto.randomUUID(),
    iat: now,
  };
  const { kid, alg } = key;
  return await new SignJWT(claims)
    .setProtectedHeader({ alg, typ: "JWT", ...(kid !== undefined && { kid }) })
    .sign(await importJWK(key, alg));
}

async function verified(flags: Flags, parts: TokenToolParts): Promise<Outcome<string, string>> {
  const keys = await readKeys(await textOf(flags, "key", parts));
  const token = (await textOf(flags, "token", parts)).trim();
  const verifier = new Verifier({ keys: () => keys, clock: parts.clock, clockSkewMs: 0 });
  const found = await verifier.verify(token);
  return found.ok ? done(policyText(found.value)) : refused(found.refusal.reason);
}

async function textOf(
  flags: Flags,
  name: "key" | "token",
  { readText }: TokenToolParts,
): Promise<string> {
  const path = flags[name];
  if (path === undefined) throw new Error(`write --${name} FILE`);
  try {
    return await readText(path);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${messageOf(error)}`);
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function secondsOf(text: string): number | undefined {
  if (text === "never") return undefined;
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit === undefined) throw new Error(`--expires ${text} is none of 90s, 10m, 12h, 30d, never`);
  return Number(count) * UNITS[unit]!;
}

function json(jwk: JWK): string {
  return `${JSON.stringify(jwk)}\n`;
}
