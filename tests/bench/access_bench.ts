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

/** Measures sessions with a token beside ones without, in turns. `print` is told what came of it. */
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
    const token = await new SignJWT({ put: "" }).setProtectedHeader({ alg: "ES256" })
      .setExpirationTime("1h").sign(privateKey);
    await using open = await startRelay();
    await using guarded = await startRelay({}, { args: ["--config", config] });
    for (const server of [open, guarded]) await load(server, WARM_UP_SECONDS, token);
    const without = await load(open, seconds);
    const shown = await load(guarded, seconds, token);
    const again = await load(open, seconds);
    const base = (without.cpuMsPerSession + again.cpuMsPerSession) / 2;
    const ratio = Number((shown.cpuMsPerSession / base).toFixed(2));
    print({ case: "session-with-token", without: [without, again], shown, ratio });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function load(server: ServerProcess, seconds: number, token?: string): Promise<SessionCost> {
  const before = await server.cpuSeconds();
  const start = systemClock.now();
  const end = start + seconds * 1_000;
  let sessions = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async (_, at) => {
    while (systemClock.now() < end) {
      const peer = await LoadPeer.connect(server, { token });
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
