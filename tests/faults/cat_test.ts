/** Peers that show Common Access Tokens which are none, to a relay that takes good ones. */
import type { Token } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { counter, faultTest } from "../support/faults/case.ts";
import { changedBytes, goodCat, hostileCat } from "../support/faults/hostile_cats.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { subscribe } from "../support/peers/scripted_requests.ts";
import { SEED } from "../support/properties.ts";
import { Random } from "../support/random.ts";
import { becomes } from "../support/until.ts";
import { CAT_KEY } from "../support/worlds/cats.ts";

const keys = await Deno.makeTempFile({ suffix: ".jwk" });
await Deno.writeTextFile(keys, JSON.stringify(CAT_KEY));
globalThis.addEventListener("unload", () => Deno.removeSync(keys));

const CONFIG = {
  auth: {
    mode: "token",
    keys: [keys],
    cat: { enabled: true },
    public: { publish: ["canary"], subscribe: ["canary"] },
  },
};
const SESSIONS = 100;
const REQUESTS = 25;
const TOKENS_OF_A_REQUEST = 8;
const REFUSED = 'qumo_relay_sessions_ended_total{reason="unauthorized"}';

function shown(value: Uint8Array): Token {
  return { alias: "none", type: 1n, value };
}

faultTest(
  "sessions with CAT that are none come to nothing, in SETUP and in PATH",
  async (context) => {
    const { relay, deadline } = context;
    const good = goodCat();
    const random = new Random(SEED);
    const changed = [...changedBytes(good)];
    const inside = await ScriptedPeer.dial(relay, {
      setup: { authorizationTokens: [shown(good)] },
    });
    await inside.theirSetup();
    const before = await counter(relay, REFUSED);
    for (let at = 0; at < SESSIONS; at++) {
      const token = at % 2 === 0 ? hostileCat(random) : random.pick(changed);
      // In a path that is as long as any may be.
      const text = token.toBase64({ alphabet: "base64url", omitPadding: true }).slice(0, 2_000);
      const setup = at % 4 < 2
        ? { authorizationTokens: [shown(token)] }
        : { path: `/?cat=${text}` };
      const peer = await deadline.for("a session", ScriptedPeer.dial(relay, { setup }))
        .catch(() => undefined);
      if (peer !== undefined) await deadline.for("its end", peer.closed);
    }
    // The last one is counted when all that it had is gone.
    await becomes(async () => await counter(relay, REFUSED) - before, SESSIONS);
    // Whoever was in before is in still.
    const request = await subscribe(inside, {}, trackOf("nobody", "nothing"));
    await deadline.for("an answer", request.expect("requestError"));
    inside.close();
  },
  { config: CONFIG },
);

faultTest("requests with CAT that are none are answered, and no more", async (context) => {
  const { relay, deadline } = context;
  const random = new Random(SEED + 1);
  const peer = await ScriptedPeer.dial(relay);
  for (let at = 0; at < REQUESTS; at++) {
    const authorizationTokens: Token[] = [];
    for (let of = 0; of < TOKENS_OF_A_REQUEST; of++) {
      authorizationTokens.push(shown((hostileCat(random)).slice(0, 1_000)));
    }
    const request = await subscribe(peer, { authorizationTokens }, trackOf("canary", "nothing"));
    const { code } = await deadline.for("an answer", request.expect("requestError"));
    assert.ok(["malformed_auth_token", "unauthorized"].includes(code), code);
  }
  peer.close();
}, { config: CONFIG });
