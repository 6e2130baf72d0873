import assert from "node:assert/strict";
import { etcdTest } from "../support/processes/etcd.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

const configuration = (endpoints: readonly string[]) => ({ store: "etcd", etcd: { endpoints } });

const everything = async ({ ask }: { ask: SdnProcess["ask"] }) => {
  const { body: { relays } } = await ask("GET", "/relay");
  const { body: { entries } } = await ask("GET", "/announce");
  return {
    relays: relays.map((one: { relay: string; region: string }) => [one.relay, one.region]),
    tracks: entries.map((one: { track: string }) => one.track),
  };
};

etcdTest(
  "etcd: a controller killed in a storm of writes loses nothing that was answered",
  async (cluster) => {
    const config = configuration(cluster.endpoints);
    await using other = await SdnProcess.start(config);
    const asked = new Set<string>();
    const answered: string[] = [];
    {
      await using dying = await SdnProcess.start(config);
      const ask = dying.ask.bind(dying);
      assert.equal((await ask("PUT", "/relay/a", { region: "eu" })).status, 200);
      const storm = Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 1000; i++) {
          const track = `${writer}/${i}`;
          asked.add(track);
          if ((await ask("PUT", `/announce/${track}`, { relay: "a" })).status !== 200) return;
          answered.push(track);
          if (answered.length === 200) await dying.end("SIGKILL");
        }
      });
      const endings = await Promise.allSettled(storm);
      assert.ok(endings.every(({ status }) => status === "rejected"), "the storm outlived it");
    }
    await using again = await SdnProcess.start(config);
    const left = await everything({ ask: again.ask.bind(again) });
    assert.deepEqual(left.relays, [["a", "eu"]]);
    const kept = new Set<string>(left.tracks);
    assert.deepEqual(answered.filter((track) => !kept.has(track)), []);
    assert.deepEqual([...kept].filter((track) => !asked.has(track)), []);
    assert.equal((await other.ask("PUT", "/relay/a", { region: "us" })).status, 200);
    assert.deepEqual(await everything({ ask: other.ask.bind(other) }), {
      relays: [["a", "us"]],
      tracks: left.tracks,
    });
  },
);

etcdTest(
  "etcd: a controller that starts again has the state, and its revisions go on",
  async (cluster) => {
    const config = configuration(cluster.endpoints);
    let before = 0;
    {
      await using one = await SdnProcess.start(config);
      for (let i = 0; i < 20; i++) {
        before = (await one.ask("PUT", `/relay/r${i}`, { announces: ["x"] })).body.revision;
      }
      assert.equal((await one.ask("GET", "/health?probe=ready")).status, 200);
      assert.equal(await one.end("SIGTERM"), 0);
    }
    await using again = await SdnProcess.start(config);
    const { body } = await again.ask("GET", "/health");
    assert.deepEqual([body.relays, body.announces, body.ready], [20, 20, true]);
    assert.ok(body.revision > before, `${body.revision} after ${before}`);
  },
);
