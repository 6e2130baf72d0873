/** Clients of other people with and without a token that is good, in whatever they speak. */
import { type Claims, generate, sign, toPublicKey } from "@moq/token";
import type { Deadline } from "../support/deadline.ts";
import { programMissing } from "../support/optional_test_case.ts";
import {
  relayChromiumTest,
  type RelayTest,
  relayTest,
} from "../support/processes/relay_test_case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { until } from "../support/until.ts";
import { connectChromium } from "./browser_peer.ts";
import { moqCliMissing, publishFilm } from "./moq_cli.ts";
import { connectMoqRs } from "./moq_rs.ts";
import { pythonMissing } from "./python.ts";

const key = await generate("ES256", "main");
const foreign = await generate("ES256", "main");
const keyFile = await Deno.makeTempFile({ suffix: ".jwk" });
await Deno.writeTextFile(keyFile, JSON.stringify(toPublicKey(key)));
globalThis.addEventListener("unload", () => Deno.removeSync(keyFile));
const CONFIG = { auth: { mode: "token", keys: [keyFile], clock_skew_ms: 0 } };

const now = Math.floor(Date.now() / 1_000);
const everything = { root: "demo", put: "", get: "", iat: now - 100, exp: now + 3_600 };
const query = async (signer: typeof key, claims: Claims & { readonly jti?: string }) =>
  `?jwt=${await sign(signer, claims)}`;

/** What a client shows, and what the relay's log must say of it. */
const CASES: readonly [what: string, query: string, said: RegExp][] = [
  [
    "a good token",
    await query(key, { ...everything, root: "demo", jti: "good" }),
    /token"?[:=]"?good\b/,
  ],
  ["no token", "", /no token was shown/],
  [
    "an expired one",
    await query(key, { ...everything, root: "demo", exp: now - 60, jti: "late" }),
    /token late has expired/,
  ],
  [
    "one for another path",
    await query(key, { ...everything, root: "other", jti: "astray" }),
    /token astray is not for this path/,
  ],
  [
    "one of another key",
    await query(foreign, { ...everything, root: "demo" }),
    /is signed by no key of this relay/,
  ],
];

type Connect = (server: QuicServerAddress, path: string) => Promise<{ close(): unknown } | void>;

/** Shows each of them to a relay, which lets the first in alone, and writes none into its log. */
async function showAll({ relay, deadline }: RelayTest, connect: Connect): Promise<void> {
  for (const [what, query, said] of CASES) {
    const came = connect(relay, `/demo${query}`).catch(() => undefined);
    await until(`the log to say what became of ${what}`, () => said.test(relay.log()));
    await ended(deadline, what, came);
    if (relay.log().includes(query.slice(5, 40)) && query !== "") {
      throw new Error(`${what} is logged`);
    }
  }
  const started = relay.log().match(/session started/g)?.length ?? 0;
  const good = relay.log().match(CASES[0]![2])?.length ?? 0;
  if (started !== 1 || good === 0) throw new Error(`${started} sessions were let in`);
}

async function ended(deadline: Deadline, what: string, came: ReturnType<Connect>): Promise<void> {
  const peer = await deadline.for(`the client with ${what}`, came);
  await peer?.close();
}

// A browser takes its time to say that it was turned away.
const options = { config: CONFIG, milliseconds: 300_000 };

relayChromiumTest("Chromium with @moq/net comes in by its token alone", async (test, browser) => {
  await showAll(test, (server, path) => connectChromium(browser, server, path));
}, options);

for (const protocol of ["moqt-18", "moq-lite-05"]) {
  for (const transport of ["quic", "webtransport"] as const) {
    relayTest(
      `moq-rs by ${protocol} over ${transport} comes in by its token alone`,
      async (test) => {
        await showAll(test, (server, path) => connectMoqRs(server, { transport, path }));
      },
      {
        ...options,
        missing: pythonMissing("moq"),
        config: { ...CONFIG, server: { protocols: [protocol] } },
      },
    );
  }
}

relayTest("moq-cli comes in by its token alone", async (test) => {
  await showAll(test, (server, path) => {
    const film = publishFilm(server, "cam", path);
    return Promise.resolve({ close: () => film[Symbol.asyncDispose]() });
  });
}, { ...options, missing: moqCliMissing ?? programMissing("ffmpeg") });
