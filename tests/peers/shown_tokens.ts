/** Tokens that clients of other people show to a relay, and what must come of each. */
import { generate, sign, toPublicKey } from "@moq/token";

const key = await generate("ES256", "main");
const foreign = await generate("ES256", "main");
const keyFile = await Deno.makeTempFile({ suffix: ".jwk" });
await Deno.writeTextFile(keyFile, JSON.stringify(toPublicKey(key)));
globalThis.addEventListener("unload", () => Deno.removeSync(keyFile));

/** What of a relay's configuration these tokens are for. */
export const TOKENS_CONFIG = { mode: "token", keys: [keyFile], clock_skew_ms: 0 };

/** The id of the token that a controller must have revoked before it is shown. */
export const STOLEN = "stolen";

/** How a token differs from one that is good. */
export interface ShownToken {
  readonly what: string;
  /** The code that says why a session or a request is refused; undefined: it is not. */
  readonly refused?: "unauthorized" | "expired_auth_token";
  /** What the relay's log says of it. */
  readonly said: (id: string) => RegExp;
  /** A token with this id; undefined: none is shown. */
  mint(id: string): Promise<string | undefined>;
}

const now = Math.floor(Date.now() / 1_000);

function mint(claims: Readonly<Record<string, unknown>>, by = key): Promise<string> {
  const everything = { root: "demo", put: "", get: "", iat: now - 100, exp: now + 3_600 };
  return sign(by, { ...everything, ...claims } as Parameters<typeof sign>[1]);
}

/** The good one comes first. */
export const SHOWN: readonly ShownToken[] = [
  {
    what: "a good token",
    said: (id) => new RegExp(`"session started".*"token":"${id}"`),
    mint: (jti) => mint({ jti }),
  },
  {
    what: "no token",
    refused: "unauthorized",
    said: () => /no token was shown/,
    mint: () => Promise.resolve(undefined),
  },
  {
    what: "an expired one",
    refused: "expired_auth_token",
    said: (id) => new RegExp(`token ${id} has expired`),
    mint: (jti) => mint({ jti, exp: now - 60 }),
  },
  {
    what: "one for another path",
    refused: "unauthorized",
    said: (id) => new RegExp(`token ${id} is not for this path`),
    mint: (jti) => mint({ jti, root: "other" }),
  },
  {
    what: "one of another key",
    refused: "unauthorized",
    said: () => /is signed by no key of this relay/,
    mint: () => mint({}, foreign),
  },
  {
    what: "a revoked one",
    refused: "unauthorized",
    said: () => new RegExp(`token ${STOLEN} is revoked`),
    mint: () => mint({ jti: STOLEN }),
  },
];
