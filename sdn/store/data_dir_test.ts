import assert from "node:assert/strict";
import { DataDir } from "./data_dir.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

function take(folder: string, name: string) {
  const user = { name, address: "127.0.0.1:8090", since: 0 };
  return DataDir.take(folder, user, { clock: new ManualClock(), onFailure: () => {} });
}

Deno.test("a folder that another controller has is refused, naming that one, until it is let go", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/data`;
  const first = await take(folder, "first");
  await assert.rejects(take(folder, "second"), (error: Error) => {
    const holder =
      /^it is in use by controller first at 127\.0\.0\.1:8090 \(process \d+, since 1970/;
    assert.match(error.message, holder);
    return true;
  });
  first.close();
  const second = await take(folder, "second, with a longer name");
  second.close();
  const third = await take(folder, "third");
  await assert.rejects(take(folder, "fourth"), /controller third at/);
  third.close();
  await Deno.remove(parent, { recursive: true });
});

Deno.test("what a killed process left of its lock hinders nobody", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/controller.lock`, '{"name":"dead"');
  const mine = await take(folder, "mine");
  mine.close();
  await Deno.remove(folder, { recursive: true });
});
