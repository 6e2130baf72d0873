import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { runModule, runToEnd } from "../support/processes/program_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

function run(...args: string[]) {
  return runToEnd(runModule("sdn/main.ts", args));
}

Deno.test("a backup of a controller at work is whole, and what is restored from it starts", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/sdn.yaml`;
  await Deno.writeTextFile(config, `graph: { data_dir: "${folder}/data" }\n`);
  const nothing = await run("backup", `${folder}/copy`, "-c", config);
  assert.equal(nothing.code, 1);
  {
    await using controller = await SdnProcess.start({ graph: { data_dir: `${folder}/data` } });
    // More and more is written while it is copied.
    let acknowledged = 0;
    let isOver = false;
    const writing = (async () => {
      for (let at = 0; !isOver; at++) {
        const { status } = await controller.ask("PUT", `/relay/r${at}`, { announces: [`t/${at}`] });
        if (status === 200) acknowledged = at + 1;
      }
    })();
    // Events are gathered before they are stored: what is on the disk is what a copy must have.
    using stored = new DatabaseSync(`${folder}/data/events.sqlite`, { readOnly: true });
    const countEvents = () =>
      Number(stored.prepare("SELECT count(*) FROM events").get()?.["count(*)"]);
    while (acknowledged < 50 || countEvents() < 3) await controller.ask("GET", "/health");
    const atLeast = acknowledged;
    const eventsAtLeast = Math.min(countEvents(), 1000);
    const copied = await run("backup", `${folder}/copy`, "-c", config);
    isOver = true;
    await writing;
    assert.equal(copied.code, 0, copied.stderr);
    assert.match(copied.stdout, /^Copied state\.sqlite and events\.sqlite from .* to .*copy\n$/);
    const again = await run("backup", `${folder}/copy`, "-c", config);
    assert.match(again.stderr, /state\.sqlite is there already/);
    const copies = await Array.fromAsync(Deno.readDir(`${folder}/copy`), ({ name }) => name);
    assert.deepEqual(copies.sort(), ["events.sqlite", "state.sqlite"]);
    await using restored = await SdnProcess.start({ graph: { data_dir: `${folder}/copy` } });
    const { body } = await restored.ask("GET", "/health");
    assert.ok(body.relays >= atLeast && body.relays <= acknowledged, `${body.relays} relays`);
    assert.equal(body.announces, body.relays);
    const { body: { events } } = await restored.ask("GET", "/events?limit=1000");
    assert.ok(events.length >= eventsAtLeast, `${events.length} of ${eventsAtLeast} events`);
  }
  await Deno.remove(folder, { recursive: true });
});
