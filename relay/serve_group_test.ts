import assert from "node:assert/strict";
import { inspectCertificate } from "@qumo/shared/runtime";
import { ManualClock } from "../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../tests/support/worlds/memory_log.ts";
import { until } from "../tests/support/until.ts";
import { DEFAULTS } from "./config.ts";
import type { MemberEnd } from "./group.ts";
import type { Process } from "./process.ts";
import { serveGroup } from "./serve_group.ts";

const DAY = 86_400_000;

Deno.test("members have one certificate, also one that starts again, and a new one all at once", async () => {
  const config = { ...DEFAULTS, host: { ...DEFAULTS.host, members: 2 } };
  const clock = new ManualClock();
  const told: { member: string; hash: string }[] = [];
  const ends = new Map<string, (end: MemberEnd) => void>();
  const process = {
    clock,
    hostname: () => "tokyo",
    onSignal: () => {},
    spawn([, member = ""]) {
      const { promise, resolve } = Promise.withResolvers<MemberEnd>();
      ends.set(member, resolve);
      return {
        pid: 1,
        ended: promise,
        tell: (line) => void told.push({ member, hash: inspectCertificate(JSON.parse(line)).hash }),
        kill: () => {},
      };
    },
  } satisfies Partial<Process> as unknown as Process;
  const running = serveGroup(config, [], { log: memoryLog().log, process });
  await until("both to be told", () => told.length === 2);
  const [{ hash } = { hash: "" }] = told;
  ends.get("2")!({ code: 1, signal: null });
  await clock.advance(1_000);
  assert.deepEqual(told, ["1", "2", "2"].map((member) => ({ member, hash })));

  await clock.advance(12 * DAY);
  await until("both to be told of the next", () => told.length === 5);
  const next = told.slice(3);
  assert.deepEqual(next.map(({ member }) => member), ["1", "2"]);
  assert.equal(next[0]!.hash, next[1]!.hash);
  assert.notEqual(next[0]!.hash, hash);

  for (const end of ends.values()) end({ code: 0, signal: null });
  assert.equal(await running, 0);
  assert.equal(clock.pending, 0);
});
