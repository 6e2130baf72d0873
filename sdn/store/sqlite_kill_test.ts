import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { systemClock } from "@qumo/shared/runtime";
import { testRegistry } from "../../tests/contracts/sdn_store.ts";
import { SqliteStore } from "./sqlite.ts";

const WRITES_BEFORE_KILL = 200;

function open(path: string): SqliteStore {
  const same = (time: number) => time;
  const timeline = { toWall: same, fromWall: same };
  return new SqliteStore(path, { clock: systemClock, timeline, tombstoneMs: 1e12 });
}

/** Registers relays as fast as it can, and prints the name of each one that was kept. */
async function storm(path: string): Promise<void> {
  const store = open(path);
  const registry = testRegistry(0);
  const print = (name: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${name}\n`));
  for (let round = 0;; round++) {
    const kept = Array.from({ length: 5 }, (_, i) => {
      const name = `relay-${round}-${i}`;
      const outcome = registry.apply({ kind: "register", name, body: { announces: [name] } }, 0);
      if (!outcome.ok || outcome.value.step === undefined) throw new Error("Not registered");
      return store.append(outcome.value.step).then(() => print(name));
    });
    await Promise.all(kept);
  }
}

const [path] = Deno.args;
if (import.meta.main && path !== undefined) await storm(path);

Deno.test("sqlite: SIGKILL in a storm of writes loses nothing that was answered", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/state.sqlite`;
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", config, "-A", fileURLToPath(import.meta.url), file],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    // What has been printed by the time the signal arrives is still read: the loop runs to the end.
    if (text.split("\n").length > WRITES_BEFORE_KILL) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It was killed already, and more of what it had printed came in.
      }
    }
  }
  await child.status;
  const answered = text.split("\n").slice(0, -1);
  assert.ok(answered.length >= WRITES_BEFORE_KILL);
  const store = open(file);
  const { relays } = await store.load();
  const kept = new Map(relays.map((relay) => [relay.name, relay.alive?.tracks.size]));
  assert.deepEqual(answered.filter((name) => kept.get(name) !== 1), []);
  await store.close();
  await Deno.remove(folder, { recursive: true });
});
