/** Several relays of one machine, which one command starts. */
import assert from "node:assert/strict";
import { Deadline } from "../support/deadline.ts";
import { type HostGroup, startHostGroup } from "../support/mesh/host_group.ts";
import { MeshPublisher } from "../support/mesh/publisher.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { MeshViewer } from "../support/mesh/viewer.ts";
import { ROOT } from "../support/root.ts";
import { until } from "../support/until.ts";

// Members answer each other late where other tests run beside them.
const STEADY = { mesh: { link_timeout_ms: 10_000 } };

/** A test on a group; when it fails, what all processes wrote is printed. */
function groupTest(
  name: string,
  body: (group: HostGroup) => Promise<void>,
  more: object = {},
): void {
  Deno.test(name, async () => {
    using deadline = new Deadline();
    await using group = await startHostGroup(2, { ...STEADY, ...more });
    try {
      await deadline.for(name, body(group));
    } catch (error) {
      Deno.stdout.writeSync(new TextEncoder().encode(group.group.log()));
      throw error;
    }
  });
}

groupTest(
  "a member that is killed starts again, and its sibling serves its viewers meanwhile",
  async (group) => {
    const [first, second] = [await group.member(1), await group.member(2)];
    assert.deepEqual(second.certificateHash, first.certificateHash, "one certificate for all");
    await using live = new MeshPublisher("concert");
    await live.connect(first);
    await using neighbor = await MeshViewer.join(first, live);
    await using hurt = await MeshViewer.join(second, live);
    const from = await neighbor.has(0);
    await hurt.has(0);

    const [pid] = group.pids(2);
    Deno.kill(pid!, "SIGKILL");
    await hurt.moveTo(first);
    const moved = live.group;
    await hurt.has(moved);

    await until("the member to start again", () => group.pids(2).length === 2);
    const restarted = await group.member(2);
    assert.deepEqual(restarted.certificateHash, first.certificateHash, "and after a restart");
    await using late = await MeshViewer.join(restarted, live);
    const again = await late.has(moved);
    const seen = await neighbor.verdict(again, from);
    assert.deepEqual([seen.missing, seen.cut, neighbor.faults], [[], [], []]);
    assert.equal(group.pids(1).length, 1, "nobody touched the other one");
    assert.match(
      group.group.log(),
      /"member ended by itself[^\n]*"member":"tokyo-2"[^\n]*"SIGKILL"/,
    );
  },
);

groupTest(
  "a full member sends who follows to its sibling, and serves a client that is not known to",
  async (group) => {
    const first = await group.member(1);
    const metrics = async () =>
      await (await fetch(`http://127.0.0.1:${first.port}/metrics`)).text();
    await using live = new MeshPublisher("concert");
    await live.connect(first);
    await until(
      "the client to be counted",
      async () => /redirects_total\{outcome="not_a_follower",.*\} 1$/m.test(await metrics()),
    );
    const second = await group.member(2);
    const setup = { implementation: "follower 1.0" };
    const follower = await ScriptedPeer.dial(second, { setup });
    const { uri } = await follower.expectControl("goaway");
    assert.equal(uri, `moqt://127.0.0.1:${first.port}/?via=assign`);
    follower.close();
    const { body } = await group.controller.ask("GET", "/announce");
    assert.equal(body.count, 1, "the publisher is still there");
  },
  // Of two sessions of a member, one is the link of its sibling.
  {
    server: { max_sessions: 4 },
    relay: { redirect_when_full: ["follower"] },
  },
);

groupTest(
  "past 70 % a member sends those on that came without /assign, and serves those whom it sent",
  async (group) => {
    const first = await group.member(1);
    const { body } = await group.controller.ask("GET", "/assign?client=a");
    assert.equal(body.url, `${body.address}/?via=assign`);
    const { pathname, search } = new URL(body.url);
    await until("both to be done with their start", async () => {
      const { body } = await group.controller.ask("GET", "/relay");
      return body.relays.every(({ load }: { load?: { cpu: number } }) => (load?.cpu ?? 1) < 0.5);
    });
    // With the link of the sibling these are seven of ten.
    const here: ScriptedPeer[] = [];
    for (let client = 0; client < 5; client++) here.push(await ScriptedPeer.dial(first));
    const setup = { implementation: "follower 1.0" };
    here.push(await ScriptedPeer.dial(first, { setup: { ...setup, path: pathname + search } }));
    const other = await ScriptedPeer.dial(first, { setup });
    const { uri } = await other.expectControl("goaway");
    assert.equal(uri, `moqt://127.0.0.1:${(await group.member(2)).port}/?via=assign`);
    const counted = /redirects_total\{outcome="unassigned",.*\} 1$/m;
    const metrics = await fetch(`http://127.0.0.1:${first.port}/metrics`);
    assert.match(await metrics.text(), counted);
    for (const peer of [...here, other]) peer.close();
  },
  { server: { max_sessions: 20 }, relay: { redirect_when_full: ["follower"] } },
);

groupTest("SIGTERM drains every member, and the log of each has its name", async (group) => {
  assert.equal(await group.group.end("SIGTERM"), 0);
  for (const name of ["tokyo-1", "tokyo-2"]) {
    assert.match(group.group.log(), new RegExp(`"message":"stopped","relay":"${name}"`));
  }
  const { body } = await group.controller.ask("GET", "/relay");
  assert.equal(body.count, 0, "each has deregistered");
});

groupTest("members whose group is killed drain and end by themselves", async (group) => {
  const pids = [...group.pids(1), ...group.pids(2)];
  await group.group.end("SIGKILL");
  await until("the members to end", async () => {
    const left = await Promise.all(pids.map((pid) => Deno.stat(`/proc/${pid}`).catch(() => {})));
    return left.every((one) => one === undefined);
  });
  assert.equal((await group.controller.ask("GET", "/relay")).body.count, 0);
});

Deno.test("a member has the flags of the task, but for starting other programs", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const flags: string[] = tasks.relay.command.match(/--\S+/g);
  const main = await Deno.readTextFile(new URL("relay/main.ts", ROOT));
  const [, list = ""] = /const MEMBER_FLAGS = \[([^\]]*)\]/.exec(main) ?? [];
  const given = [...list.matchAll(/"([^"]+)"/g)].map(([, flag]) => flag);
  assert.deepEqual(given, flags.filter((flag) => flag !== "--allow-run"));
});
