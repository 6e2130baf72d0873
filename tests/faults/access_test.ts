/** Peers that show whatever they like, to a relay that asks for tokens. */
import { generate, sign, toPublicKey } from "@moq/token";
import type { Token } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { counter, faultTest } from "../support/faults/case.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { SEED } from "../support/properties.ts";
import { Random } from "../support/random.ts";
import { subscribe } from "../support/peers/scripted_requests.ts";
import { becomes, until } from "../support/until.ts";

const key = await generate("ES256", "main");
const path = await Deno.makeTempFile({ suffix: ".jwk" });
await Deno.writeTextFile(path, JSON.stringify(toPublicKey(key)));
const good = await sign(key, { root: "", get: "" });
const [head = "", body = "", signature = ""] = good.split(".");

const REFUSED = 'qumo_relay_sessions_ended_total{reason="unauthorized"}';
const CONFIG = {
  auth: { mode: "token", keys: [path], public: { publish: ["canary"], subscribe: ["canary"] } },
};

/** A token with the shape of a good one, whose signature must be looked at. */
function forged(at: number): Token {
  const number = String(at).padStart(6, "0");
  const value = `${head}.${body}.${signature.slice(0, -6)}${number}`;
  return { alias: "none", type: 0n, value: new TextEncoder().encode(value) };
}

faultTest(
  "sessions with forged tokens come one after the other, and none stays",
  async (context) => {
    const { relay, deadline } = context;
    for (let at = 0; at < 200; at++) {
      const setup = { authorizationTokens: [forged(at)] };
      const peer = await deadline.for("a session", ScriptedPeer.dial(relay, { setup }))
        .catch(() => undefined);
      if (peer !== undefined) await deadline.for("its end", peer.closed);
    }
    const ended = () => counter(relay, REFUSED);
    await until("all to be turned away", async () => await ended() >= 200);
  },
  { config: CONFIG },
);

faultTest(
  "a session that floods requests with forged tokens is answered, and no more",
  async (context) => {
    const { relay, deadline } = context;
    const peer = await ScriptedPeer.dial(relay);
    const track = trackOf("canary", "nothing");
    for (let at = 0; at < 400; at += 8) {
      const authorizationTokens = Array.from({ length: 8 }, (_, of) => forged(at + of));
      const request = await subscribe(peer, { authorizationTokens }, track);
      const answer = await deadline.for("an answer", request.expect("requestError"));
      assert.equal(answer.code, "unauthorized");
    }
    peer.close();
  },
  { config: CONFIG },
);

faultTest(
  "sessions with tokens that are made up of pieces of good ones come to nothing",
  async (context) => {
    const { relay, deadline } = context;
    const random = new Random(SEED);
    const pieces = [
      head,
      body,
      signature,
      ".",
      "..",
      btoa('{"alg":"none"}'),
      "eyJ",
      "\u0000",
      "../",
    ];
    const before = await counter(relay, REFUSED);
    for (let at = 0; at < 100; at++) {
      const text = Array.from(
        { length: 1 + random.below(6) },
        () => pieces[random.below(pieces.length)]!.slice(random.below(3)),
      ).join("");
      const value = new TextEncoder().encode(`${text}${random.below(2) === 0 ? "." : ""}`);
      const setup = { authorizationTokens: [{ alias: "none", type: 0n, value } as const] };
      const peer = await deadline.for("a session", ScriptedPeer.dial(relay, { setup }))
        .catch(() => undefined);
      if (peer !== undefined) await deadline.for("its end", peer.closed);
    }
    // The last one is counted when all that it had is gone.
    await becomes(async () => await counter(relay, REFUSED) - before, 100);
  },
  { config: CONFIG },
);
