/** Relays that know each other by the word of their controller. */
import { done, type Outcome, refused, sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  ControllerIdentity,
  type Identified,
  type Identify,
} from "../../relay/access/controller_identity.ts";
import { GrantVerifier } from "../../relay/access/grants.ts";
import { RelayGate } from "../../relay/access/relay_gate.ts";
import { RelayVerifier } from "../../relay/access/relay_verifier.ts";
import { clientGate } from "../../relay/session/rights.ts";
import { tokenAccess } from "../../sdn/http/auth.ts";
import { MeshIdentity } from "../../sdn/mesh_identity.ts";
import { memoryLog } from "../support/worlds/memory_log.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";
import { testController } from "../support/worlds/sdn_controller.ts";

const LIFETIME_MS = 600_000;
const NAMES = ["lyon", "paris", "rome"];

/** A controller whose tokens are each for one relay, and the relays that it knows. */
class World implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly ask: Awaited<ReturnType<typeof testController>>["ask"];
  #identity: MeshIdentity;
  readonly #ends: ControllerIdentity[] = [];

  static async open(): Promise<World> {
    const clock = new ManualClock();
    const identity = await World.#signer(clock);
    const world: { current?: World } = {};
    const { ask } = await testController({
      clock,
      identities: { issue: (name, key) => world.current!.#identity.issue(name, key) },
      live: {
        authenticate: tokenAccess(NAMES.map((relay) => ({
          sha256: createHash("sha256").update(relay).digest(),
          role: "relay",
          relay,
        }))),
      },
    });
    return world.current = new World(clock, ask, identity);
  }

  private constructor(clock: ManualClock, ask: World["ask"], identity: MeshIdentity) {
    this.clock = clock;
    this.ask = ask;
    this.#identity = identity;
  }

  static async #signer(clock: ManualClock): Promise<MeshIdentity> {
    return await MeshIdentity.open(await MeshIdentity.newKey(), { lifetimeMs: LIFETIME_MS, clock });
  }

  /** The controller comes back with another key. */
  async restart(): Promise<void> {
    this.#identity = await World.#signer(this.clock);
  }

  register(name: string) {
    const headers = { authorization: `Bearer ${name}` };
    return this.ask("PUT", `/relay/${name}`, { region: "x", address: "moqt://x:1" }, headers);
  }

  /** Asks for the identity of `name` with the token of `by`. */
  identify(name: string, by = name): Identify {
    return async (key): Promise<Outcome<Identified, string>> => {
      const headers = { authorization: `Bearer ${by}` };
      const { status, body } = await this.ask("POST", `/mesh/identity/${name}`, { key }, headers);
      if (status !== 200) return refused(`${status} ${body.code}`);
      const { grant, expires_at: at, keys } = body;
      return done({ grant, expiresAt: Date.parse(at), keys });
    };
  }

  /** A relay that has asked the controller who it is. */
  async relay(name: string, identify = this.identify(name)) {
    const { log, lines } = memoryLog();
    const { clock } = this;
    const identity = await ControllerIdentity.make({ tokenLifetimeMs: 300_000, clock, log });
    this.#ends.push(identity);
    identity.begin(identify);
    await this.clock.advance(0);
    const clockSkewMs = 10_000;
    const keys = () => identity.keys;
    const missed = () => identity.missed();
    const grants = new GrantVerifier({ keys, missed, clock, clockSkewMs });
    const parts = { keys: () => [], grants, audience: name, clock, clockSkewMs };
    const verifier = new RelayVerifier(parts);
    return {
      identity,
      lines,
      /** The verdict about a relay that calls: its name, or why not. */
      async called(caller: ControllerIdentity, says: string, audience = name): Promise<string> {
        const token = await caller.tokenFor(says, audience).first();
        const tokens = token === undefined
          ? []
          : [{ type: 0n, value: new TextEncoder().encode(token) }];
        const gate = new RelayGate({ verifier, others: clientGate, clock });
        const peer = {
          session: 1,
          path: "",
          remoteAddress: "",
          protocol: "",
          relayName: says,
          tokens,
        };
        const admitted = await gate.admit(peer);
        if (!admitted.ok) return admitted.refusal.reason;
        admitted.value.close();
        return admitted.value.holder.subject!;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#ends.map((one) => one.close()));
  }
}

async function settled(world: World, condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    assert.ok(turn < 10_000, "It does not come about");
    // Signatures are made elsewhere, in a time of their own.
    await sleep(systemClock, 1);
    await world.clock.advance(0);
  }
}

async function two(world: World) {
  await Promise.all([world.register("lyon"), world.register("paris")]);
  const [lyon, paris] = [await world.relay("lyon"), await world.relay("paris")];
  await settled(world, () => lyon.identity.keys.length > 0 && paris.identity.keys.length > 0);
  return { lyon, paris };
}

Deno.test("relays without keys of their own know each other by their controller", async () => {
  await using world = await World.open();
  const { lyon, paris } = await two(world);
  assert.equal(await paris.called(lyon.identity, "lyon"), "lyon");
  assert.equal(await lyon.called(paris.identity, "paris"), "paris");
});

Deno.test("what a controller says of one relay does not make it another one", async () => {
  await using world = await World.open();
  const { lyon, paris } = await two(world);
  assert.match(await paris.called(lyon.identity, "rome"), /another relay's/);
  assert.match(await paris.called(lyon.identity, "lyon", "rome"), /for another relay/);
});

Deno.test("a controller speaks for no relay but the token's, and for none that is not registered", async () => {
  await using world = await World.open();
  const { paris } = await two(world);
  const thief = await world.relay("lyon", world.identify("lyon", "paris"));
  const early = await world.relay("rome");
  await settled(world, () => thief.lines.length + early.lines.length === 2);
  assert.match(String(thief.lines[0]!.fields.reason), /403/);
  assert.match(String(early.lines[0]!.fields.reason), /404/);
  const called = paris.called(thief.identity, "lyon");
  await settled(world, () => world.clock.pending > 0);
  await world.clock.advance(3_000);
  assert.match(await called, /does not prove it/);
});

Deno.test("the word of another controller counts for nothing", async () => {
  await using world = await World.open();
  const { paris } = await two(world);
  await using other = await World.open();
  const stranger = await two(other);
  assert.match(await paris.called(stranger.lyon.identity, "lyon"), /no controller of this mesh/);
});

Deno.test("a relay that comes by a controller's new key is known at once", async () => {
  await using world = await World.open();
  const { lyon, paris } = await two(world);
  await world.restart();
  const again = await world.relay("lyon");
  await settled(world, () => again.identity.keys.length > 0);
  assert.equal(await paris.called(again.identity, "lyon"), "lyon");
  // What the former key signed is good until it is over.
  assert.equal(await paris.called(lyon.identity, "lyon"), "lyon");
});

Deno.test("a relay that its controller forgets is none when the last word is over", async () => {
  await using world = await World.open();
  const { lyon, paris } = await two(world);
  await lyon.identity.close();
  await world.clock.advance(LIFETIME_MS + 11_000);
  assert.match(await paris.called(lyon.identity, "lyon"), /grant is not good/);
});
