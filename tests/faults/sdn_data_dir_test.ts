import assert from "node:assert/strict";
import { SdnProcess } from "../support/processes/sdn_process.ts";

Deno.test("a second controller on one data_dir is refused, and one after a SIGKILL is not", async () => {
  const dataDir = await Deno.makeTempDir();
  const config = { controller: { name: "elder" }, graph: { data_dir: dataDir } };
  {
    await using elder = await SdnProcess.start(config);
    assert.equal((await elder.ask("PUT", "/relay/a", {})).status, 200);
    const other = { ...config, controller: { name: "younger" } };
    await assert.rejects(SdnProcess.start(other), (error: Error) => {
      assert.match(error.message, /ended with 1/);
      const words = `cannot use the store in ${dataDir}: it is in use by controller elder at `;
      assert.ok(error.message.includes(words), error.message);
      return true;
    });
    assert.equal((await elder.ask("PUT", "/relay/b", {})).status, 200);
    await elder.end("SIGKILL");
  }
  await using next = await SdnProcess.start(config);
  assert.equal((await next.ask("GET", "/relay")).body.count, 2);
  assert.equal(await next.end("SIGTERM"), 0);
  await Deno.remove(dataDir, { recursive: true });
});
