import { generate, sign } from "@moq/token";
import { signRelayToken } from "../../relay/access/relay_tokens.ts";
import { readSigningKey } from "../../relay/access/signing_keys.ts";
import { publishBytes } from "../support/encoders/rtmp_bytes.ts";
import type { Mesh } from "../support/mesh/mesh.ts";
import type { MeshRelay } from "../support/mesh/relay.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { announce, sendSubscribeOk, subscribe } from "../support/peers/scripted_requests.ts";
import { until } from "../support/until.ts";

/** Relays by what they have. */
export const PLACES = { publisher: "lisbon", viewer: "madrid", encoder: "lyon" } as const;

/** Who is to be cut. */
export interface Victim {
  readonly what: string;
  /** Resolves when its connection is over. */
  readonly cut: Promise<unknown>;
  /** Lets go of what is left of it. */
  close(): void;
}

/** By what the tokens of one round can be revoked. */
export interface Holder {
  readonly id: string;
  readonly subject: string;
  readonly tenant: string;
}

/** The keys of tokens and of relays, in a folder of their own. */
export class BenchKeys implements AsyncDisposable {
  readonly users: string;
  readonly mesh: string;
  readonly #folder: string;
  readonly #user: Awaited<ReturnType<typeof generate>>;
  readonly #relay: Awaited<ReturnType<typeof generate>>;

  static async make(): Promise<BenchKeys> {
    const folder = await Deno.makeTempDir({ prefix: "qumo_bench_" });
    const [user, relay] = [await generate("HS256", "users"), await generate("HS256", "mesh")];
    const keys = new BenchKeys(folder, user, relay);
    await Deno.writeTextFile(keys.users, JSON.stringify(user));
    await Deno.writeTextFile(keys.mesh, JSON.stringify(relay));
    return keys;
  }

  private constructor(
    folder: string,
    user: Awaited<ReturnType<typeof generate>>,
    relay: Awaited<ReturnType<typeof generate>>,
  ) {
    this.#folder = folder;
    this.#user = user;
    this.#relay = relay;
    this.users = `${folder}/users.jwk`;
    this.mesh = `${folder}/mesh.jwk`;
  }

  /** A token with which everything may be done. */
  mint({ id, subject, tenant }: Holder): Promise<string> {
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    const claims = { root: "", put: "", get: "", exp, jti: id, sub: subject, tenant };
    return sign(this.#user, claims as Parameters<typeof sign>[1]);
  }

  /** By what a relay of this name shows another one that it is. */
  async prove(name: string, audience: string): Promise<string> {
    const claims = { name, audience, now: Date.now(), lifetimeMs: 300_000 };
    return await signRelayToken(await readSigningKey(JSON.stringify(this.#relay)), claims);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A publisher, a viewer of its track and an encoder, at three relays and by the same token. */
export async function clients(mesh: Mesh, token: string, path: string): Promise<Victim[]> {
  const { publisher: first, viewer: second, encoder: third } = PLACES;
  const setup = { path: `/?jwt=${token}` };
  const publisher = await ScriptedPeer.dial(mesh.relay(first), { setup });
  await announce(publisher, path);
  const viewer = await ScriptedPeer.dial(mesh.relay(second), { setup });
  const asked = publisher.expectRequest("subscribe").then(({ request }) =>
    sendSubscribeOk(request)
  );
  // Its relay may not have heard of the track yet.
  await until("the viewer to watch", async () => {
    const watching = await subscribe(viewer, {}, trackOf(path, "video"));
    return (await watching.next()).kind === "subscribeOk";
  });
  await asked;
  const encoder = await encode(mesh.relay(third), token, path);
  return [victimOf("publisher", publisher), victimOf("viewer", viewer), encoder];
}

/** Sessions of a relay at all three others. */
export function links(mesh: Mesh, keys: BenchKeys, relayName: string): Promise<Victim[]> {
  return Promise.all(mesh.relays.map(async (relay) => {
    const value = new TextEncoder().encode(await keys.prove(relayName, relay.name));
    const authorizationTokens = [{ alias: "none", type: 0n, value }] as const;
    const peer = await ScriptedPeer.dial(relay, { setup: { relayName, authorizationTokens } });
    await announce(peer, relayName);
    return victimOf("relay", peer);
  }));
}

function victimOf(what: string, peer: ScriptedPeer): Victim {
  return { what, cut: peer.closed, close: () => peer.close() };
}

/** An encoder that has begun by RTMP, and sends nothing yet. */
async function encode(relay: MeshRelay, token: string, path: string): Promise<Victim> {
  const where = () => /"listening for RTMP".*?"address":"127\.0\.0\.1:(\d+)"/.exec(relay.log)?.[1];
  await until("the port for RTMP", () => where() !== undefined);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(where()) });
  const cut = connection.readable.pipeTo(new WritableStream()).catch(() => {});
  const writer = connection.writable.getWriter();
  await writer.write(publishBytes(path, `encoder?jwt=${token}`));
  const begun = `"encoder started"`;
  await until(
    "the encoder to begin",
    () =>
      relay.log.split("\n").some((line) =>
        line.includes(begun) && line.includes(`${path}/encoder`)
      ),
  );
  return { what: "encoder", cut, close: () => void writer.abort().catch(() => {}) };
}
