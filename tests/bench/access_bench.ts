import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { systemClock } from "@qumo/shared/runtime";
import { LoadPeer } from "./load_peer.ts";
import { type ServerProcess, startRelay } from "./server_process.ts";

/** What a session costs that is set up, says that it publishes, and leaves. */
interface SessionCost {
  readonly sessions: number;
  readonly perSecond: number;
  readonly cpuMsPerSession: number;
}

// As many at once as one address would hardly have.
const AT_ONCE = 10;
// The engine compiles what is measured in the first of them.
const WARM_UP_SECONDS = 2;

/** The token of the next session; absent: none. */
type NextToken = (() => Promise<string>) | undefined;

/**
 * Measures sessions with a token of their own, and with one that many show, beside ones without, in
 * turns. `print` is told what came of it.
 */
export async function benchAccess(
  { seconds }: { readonly seconds: number },
  print: (result: object) => void,
): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const folder = await Deno.makeTempDir({ prefix: "qumo_bench_" });
  try {
    const keys = `${folder}/keys.jwk`;
    await Deno.writeTextFile(keys, JSON.stringify({ ...await exportJWK(publicKey), alg: "ES256" }));
    const config = `${folder}/relay.yaml`;
    await Deno.writeTextFile(config, `auth: {mode: token, keys: [${keys}]}\n`);
    const sign = (id: number) =>
      new SignJWT({ put: "", jti: `${id}` }).setProtectedHeader({ alg: "ES256" })
        .setExpirationTime("1h").sign(privateKey);
    let id = 0;
    const own = () => sign(id++);
    const one = await own();
    const shared = () => Promise.resolve(one);
    await using open = await startRelay();
    await using guarded = await startRelay({}, { args: ["--config", config] });
    for (const server of [open, guarded]) await load(server, WARM_UP_SECONDS, own);
    const without = await load(open, seconds);
    const withOwn = await load(guarded, seconds, own);
    const withShared = await load(guarded, seconds, shared);
    const again = await load(open, seconds);
    const base = (without.cpuMsPerSession + again.cpuMsPerSession) / 2;
    const ratioOf = ({ cpuMsPerSession }: SessionCost) =>
      Number((cpuMsPerSession / base).toFixed(2));
    print({
      case: "session-with-token",
      without: [without, again],
      own: withOwn,
      shared: withShared,
      ratio: { own: ratioOf(withOwn), shared: ratioOf(withShared) },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function load(
  server: ServerProcess,
  seconds: number,
  next: NextToken = undefined,
): Promise<SessionCost> {
  const before = await server.cpuSeconds();
  const start = systemClock.now();
  const end = start + seconds * 1_000;
  let sessions = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async (_, at) => {
    while (systemClock.now() < end) {
      const peer = await LoadPeer.connect(server, { token: await next?.() });
      await peer.setUp();
      await peer.publishNamespace([new TextEncoder().encode(`bench-${at}`)]);
      peer.close();
      sessions++;
    }
  }));
  const passed = (systemClock.now() - start) / 1_000;
  const cpu = await server.cpuSeconds() - before;
  return {
    sessions,
    perSecond: Math.round(sessions / passed),
    cpuMsPerSession: Number((cpu * 1_000 / sessions).toFixed(2)),
  };
}
