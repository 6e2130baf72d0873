import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { settingsSchema } from "../../relay/config/settings.ts";
import { trackOf } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { refused, subscribe } from "./script.ts";

Deno.test("R-194: a session's subscriptions are limited, waiting ones too; peers have no identity beyond it yet", async () => {
  await using world = new SessionWorld({ limits: { maxSubscriptions: 3 } });
  const peer = await world.connect();
  const parameters = { rendezvousTimeout: 10_000n };
  for (let id = 0; id < 3; id++) await subscribe(peer, parameters, trackOf("live", `t${id}`));
  const error = await refused(
    await subscribe(peer, parameters, trackOf("live", "t3")),
    "EXCESSIVE_LOAD",
  );
  assert.ok(error.retryAfter > 1n);
  const other = await world.connect();
  const downstream = await subscribe(other, parameters, trackOf("live", "t3"));
  await world.stillPending(downstream.next().catch(() => {}), "A refusal of another session");
  await world.advance(10_000);
});

/** What would be no limit any more. */
const LIMITLESS = [Infinity, NaN, -1, Number.MAX_SAFE_INTEGER, null, "none"];

/** Limits of which 0 would be none; of the others it is the least there can be. */
const PROTECTING = {
  server: ["handshakeTimeoutMs", "idleTimeoutMs", "maxSessions", "maxBidiStreams", "maxUniStreams"],
  relay: ["requestTimeoutMs"],
  cache: Object.keys(DEFAULTS.cache),
  limits: Object.keys(DEFAULTS.limits),
  delivery: Object.keys(DEFAULTS.delivery),
};

Deno.test("R-205: no configuration takes a limit or a timeout away", () => {
  const accepts = (section: string, key: string, value: unknown) => {
    const before = DEFAULTS[section as keyof typeof DEFAULTS] as object;
    return settingsSchema.safeParse({ ...DEFAULTS, [section]: { ...before, [key]: value } })
      .success;
  };
  assert.ok(settingsSchema.safeParse(DEFAULTS).success);
  for (const [section, keys] of Object.entries(PROTECTING)) {
    for (const key of keys) {
      for (const value of [0, ...LIMITLESS]) {
        assert.equal(accepts(section, key, value), false, `${section}.${key}: ${value}`);
      }
    }
  }
  for (const key of ["lingerMs", "rendezvousMaxMs"]) {
    for (const value of LIMITLESS) assert.equal(accepts("relay", key, value), false, key);
  }
});
