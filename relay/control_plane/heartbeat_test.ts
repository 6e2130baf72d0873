import assert from "node:assert/strict";
import {
  announcesDigest,
  MAX_ANNOUNCES_PER_RELAY,
  MAX_FLOW_TRACK_LENGTH,
  MAX_FLOWS_PER_RELAY,
  MAX_NEIGHBORS,
  MAX_TRACK_BYTES,
} from "@qumo/shared/topology";
import { registrationSchema } from "@qumo/shared/topology/schemas";
import { mintEpoch } from "./epoch.ts";
import { Epoch } from "./epoch.ts";
import { Heartbeat, type RelayReport } from "./heartbeat.ts";
import { FEW_ANNOUNCES } from "./limits.ts";
import { OwnAnnounces } from "./own_announces.ts";

/** What the controller takes. */
const MAX_REGISTRATION_BYTES = 8 * 1024 * 1024;

const SETTINGS = {
  name: "r",
  region: "",
  version: "1.2.3",
  urls: ["http://a"],
  neighbors: new Map([["n", 2]]),
  heartbeatIntervalMs: 30_000,
  tokenFile: "",
  staleAfterMs: 20_000,
};
const REPORT: RelayReport = {
  links: {},
  load: { sessions: 1 },
  flows: [],
  certificateSha256: "",
  tenants: [],
  address: "",
  draining: false,
};

function subject(count = 0) {
  const announces = new OwnAnnounces();
  for (let n = 0; n < count; n++) announces.add(`live/${n}`);
  return { announces, heartbeat: new Heartbeat(SETTINGS, { epoch: new Epoch(7), announces }) };
}

Deno.test("Heartbeat says nothing that a controller would refuse", () => {
  const { heartbeat } = subject(3);
  const first = heartbeat.next(REPORT).body;
  assert.deepEqual(first, {
    epoch: 7,
    seq: 1,
    neighbors: { n: 2 },
    links: {},
    load: { sessions: 1 },
    draining: false,
    announces: ["live/0", "live/1", "live/2"],
  });
  const full = { ...REPORT, certificateSha256: "0".repeat(64), address: "moqt://a:1" };
  for (const body of [first, heartbeat.next(full).body]) {
    assert.deepEqual(registrationSchema.parse(body), body);
  }
});

Deno.test("Heartbeat names its host to a controller that reads it, at once, and to no other", () => {
  const settings = { ...SETTINGS, host: "tokyo" };
  const parts = { epoch: new Epoch(7), announces: new OwnAnnounces() };
  const heartbeat = new Heartbeat(settings, parts);
  const hostOf = () => heartbeat.next(REPORT).body.host;
  assert.equal(hostOf(), undefined);
  assert.equal(heartbeat.accepted(heartbeat.next(REPORT), {}), false);
  assert.equal(hostOf(), undefined, "an older controller");
  assert.equal(heartbeat.accepted(heartbeat.next(REPORT), { reads_host: true }), true, "due");
  assert.equal(hostOf(), "tokyo");
  assert.equal(heartbeat.accepted(heartbeat.next(REPORT), { reads_host: true }), false);
  heartbeat.refused();
  assert.equal(hostOf(), undefined, "it may be an older one now");
  const alone = new Heartbeat(SETTINGS, parts);
  assert.equal(alone.accepted(alone.next(REPORT), { reads_host: true }), false);
  assert.equal(alone.next(REPORT).body.host, undefined);
});

Deno.test("Heartbeat says its version to a controller that reads it, and to no other", () => {
  const { heartbeat } = subject(1);
  const versionOf = () => heartbeat.next(REPORT).body.version;
  assert.equal(versionOf(), undefined, "nothing is known of the controller");
  heartbeat.accepted(heartbeat.next(REPORT), {});
  assert.equal(versionOf(), undefined, "an older controller");
  heartbeat.accepted(heartbeat.next(REPORT), { reads_version: true });
  assert.equal(versionOf(), "1.2.3");
  heartbeat.refused();
  assert.equal(versionOf(), undefined, "it may be an older one now");
});

Deno.test("Heartbeat says its announces whole while they are few, unknown, different or asked for", () => {
  const { heartbeat, announces } = subject(FEW_ANNOUNCES + 1);
  const beat = () => heartbeat.next(REPORT);
  const isWhole = ({ body }: ReturnType<typeof beat>) => body.announces !== undefined;
  assert.ok(isWhole(beat()));
  const lost = beat();
  assert.ok(isWhole(lost), "the first was not answered");
  assert.equal(heartbeat.accepted(lost, {}), false);
  const digest = beat();
  assert.equal(digest.body.announces_digest, announcesDigest(announces.told));
  assert.equal(heartbeat.accepted(digest, { resend_announces: true }), true);
  const resent = beat();
  assert.ok(isWhole(resent));
  announces.add("more");
  // A controller that asks again after it was told would be asked for ever.
  assert.equal(heartbeat.accepted(resent, { resend_announces: true }), false);
  assert.ok(isWhole(beat()), "one was added while the last was under way");
});

Deno.test("Heartbeat beats when it is asked to, within limits and jitter", () => {
  const { heartbeat } = subject();
  const next = (ms: number | undefined, random: number) => {
    heartbeat.accepted(heartbeat.next(REPORT), { next_heartbeat_ms: ms });
    return Math.round(heartbeat.interval(random));
  };
  assert.deepEqual([next(10_000, 0), next(10_000, 0.5), next(10_000, 1)], [9000, 10_000, 11_000]);
  assert.equal(next(90_000, 0.5), 30_000);
  assert.equal(next(undefined, 0.5), 30_000);
  assert.equal(next(1, 0.5), 100);
});

Deno.test("Heartbeat tells no more flows than it may", () => {
  const { heartbeat } = subject();
  const flows = Array.from({ length: MAX_FLOWS_PER_RELAY + 1 }, (_, n) => ({
    track: `x/${n}`,
    next_hop: "n",
    source: "s",
  }));
  assert.equal(
    (heartbeat.next({ ...REPORT, flows }).body.flows as unknown[]).length,
    MAX_FLOWS_PER_RELAY,
  );
});

Deno.test("a heartbeat with all that a relay may have is within the bound of its body", () => {
  const { heartbeat, announces } = subject();
  const wide = (n: number, length: number) => `${n}`.padEnd(length, "\u6771");
  const quoted = (n: number, length: number) => `${n}`.padEnd(length, '"');
  for (let n = 0; n < MAX_ANNOUNCES_PER_RELAY; n++) announces.add(quoted(n, 4000));
  const links = Object.fromEntries(
    Array.from({ length: MAX_NEIGHBORS }, (_, n) => [quoted(n, 255), { up: true, rtt_ms: 1.25 }]),
  );
  const flows = Array.from({ length: 2 * MAX_FLOWS_PER_RELAY }, (_, n) => ({
    track: wide(n, n % 2 === 0 ? 4000 : MAX_FLOW_TRACK_LENGTH),
    next_hop: quoted(n, 255),
    source: quoted(n, 255),
  }));
  const short = { track: "live/~/video", next_hop: "n", source: "s" };
  const { body } = heartbeat.next({ ...REPORT, links, flows: [...flows, short] });
  assert.deepEqual(registrationSchema.parse(body), body);
  assert.ok(new TextEncoder().encode(JSON.stringify(body)).length < MAX_REGISTRATION_BYTES);
  const told = body.flows as typeof flows;
  assert.deepEqual(told[0], short, "the shortest are told first");
  assert.ok(told.length > 200 && told.every(({ track }) => track.length <= MAX_FLOW_TRACK_LENGTH));
  assert.equal(heartbeat.untoldFlows, flows.length + 1 - told.length);
});

Deno.test("OwnAnnounces tells what fits, the oldest first", () => {
  const announces = new OwnAnnounces();
  for (let n = 0; n <= MAX_ANNOUNCES_PER_RELAY; n++) announces.add(`live/${n}`);
  assert.equal(announces.told.length, MAX_ANNOUNCES_PER_RELAY);
  assert.equal(announces.untold, 1);
  announces.remove("live/0");
  assert.equal(announces.untold, 0);
  assert.ok(announces.told.includes(`live/${MAX_ANNOUNCES_PER_RELAY}`));
  const long = new OwnAnnounces();
  for (let n = 0; n < 2000; n++) long.add(`${n}${"é".repeat(2000)}`);
  assert.ok(long.untold > 100);
  const body = JSON.stringify(long.told);
  assert.ok(new TextEncoder().encode(body).length <= 7 * 1024 * 1024);
});

Deno.test("OwnAnnounces refuses what is no name", () => {
  const announces = new OwnAnnounces();
  for (const text of ["", "/", "a//b", "%", "x".repeat(MAX_TRACK_BYTES + 1)]) {
    assert.equal(announces.add(text), false, text.slice(0, 9));
  }
  announces.remove("never/added");
  assert.deepEqual([announces.told, announces.version], [[], 0]);
});

Deno.test("mintEpoch() is the time, and never the same twice", () => {
  const now = 5_000_000_000_000;
  assert.deepEqual([mintEpoch(now + 0.5), mintEpoch(now), mintEpoch(now - 9)], [
    now,
    now + 1,
    now + 2,
  ]);
});
