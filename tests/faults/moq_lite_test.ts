/** Peers of moq-lite at their worst, beside a canary that must lose nothing. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import { type LiteVersion, liteVersionOf } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { counter, faultTest } from "../support/faults/case.ts";
import { ScriptedLite } from "../support/peers/scripted_lite.ts";
import { Random } from "../support/random.ts";
import { becomes, until } from "../support/until.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";

const VERSIONS = ["moq-lite-04", "moq-lite-06"].map((protocol) => liteVersionOf(protocol)!);
const NAME = ["flood/cam", "video"] as const;
const READ_MS = 150;

for (const version of VERSIONS) {
  const { protocol } = version;

  faultTest(`${protocol}: a flood of subscriptions is answered to the last`, async (context) => {
    const { relay, deadline } = context;
    const peer = await ScriptedLite.dial(relay, version);
    const count = 1_000;
    for (let sent = 0; sent < count; sent += 50) {
      const answers = Array.from({ length: 50 }, async (_, index) => {
        const watch = await peer.subscribe(BigInt(sent + index), ["no/where", "video"]);
        const end = await watch.next(version.messages.subscribeReply);
        await watch.output.finish().catch(() => {});
        return end;
      });
      const ends = await deadline.for(`${sent + 50} answers`, Promise.all(answers));
      assert.ok(ends.every((end) => typeof end !== "object"), "Something was served");
    }
    const refused = 'qumo_relay_requests_total{kind="subscribe",outcome="does_not_exist"}';
    await becomes(() => counter(relay, refused), count);
    peer.close();
  });

  faultTest(`${protocol}: announcements beyond the limit are not taken`, async (context) => {
    const { relay, deadline } = context;
    const publisher = await ScriptedLite.dial(relay, version);
    const routes = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`flood/${index}`, []]),
    );
    const said = await deadline.for("the announcements", publisher.announce(routes, 5n));
    const refused = 'qumo_relay_requests_total{kind="publish_namespace",outcome="excessive_load"}';
    await until("refusals", async () => await counter(relay, refused) > 0);
    await said.start("flood/one/more");
    publisher.close();
  }, { config: { limits: { max_namespaces: 100 } } });

  faultTest(`${protocol}: requests that are never finished end the session`, async (context) => {
    const { relay, deadline } = context;
    const peer = await ScriptedLite.dial(relay, version);
    for (let count = 0; count < 70; count++) {
      await peer.open(version.requests.subscribe!, Uint8Array.of(60, 1, 2));
    }
    const { code } = await deadline.for("the end", peer.connection.closed);
    assert.equal(code, version.sessionCodes.control_message_timeout);
  });

  faultTest(
    `${protocol}: a message without end, or longer than any, ends the session`,
    async (context) => {
      const { relay, deadline } = context;
      for (const length of ["bfffffff", "ffffffffffffffff", "80010001"]) {
        const peer = await ScriptedLite.dial(relay, version);
        await peer.open(version.requests.announce!, Uint8Array.fromHex(length));
        const { code } = await deadline.for("the end", peer.connection.closed);
        assert.equal(code, version.sessionCodes.protocol_violation);
      }
    },
  );

  faultTest(`${protocol}: groups that nobody asked for are stopped`, async (context) => {
    const { relay, deadline } = context;
    const peer = await ScriptedLite.dial(relay, version);
    for (let group = 0n; group < 300n; group++) {
      const payloads = [new Uint8Array(1_000)];
      await deadline.for("a group", peer.group({ subscription: 99n, group }, payloads));
    }
    const stopped = 'qumo_relay_streams_stopped_total{reason="unknown_track"}';
    await until("the stops", async () => await counter(relay, stopped) >= 300);
    peer.close();
  });

  faultTest(`${protocol}: a frame that is too large ends its track alone`, async (context) => {
    const { relay, deadline } = context;
    const publisher = await ScriptedLite.dial(relay, version);
    await deadline.for("the question", publisher.announce({ [NAME[0]]: [] }));
    const viewer = await ScriptedLite.dial(relay, version);
    const announced = await viewer.announcements("flood");
    await deadline.for("the announcement", announced.next());
    const watch = await viewer.subscribe(0n, NAME);
    const feed = await deadline.for("the subscription", publisher.agree());
    const header = { subscription: feed.id, group: 0n };
    const stream = await publisher.group(header, [], { isComplete: false });
    await stream.write(
      version.frames.hasTimestamps
        ? Uint8Array.fromHex("00bfffffff0102")
        : Uint8Array.fromHex("bfffffff0102"),
    );
    for (;;) {
      const reply = await deadline.for("the end", watch.next(version.messages.subscribeReply));
      if (typeof reply !== "object") break;
    }
    const givenUp = 'qumo_relay_tracks_given_up_total{reason="too_large"}';
    await becomes(() => counter(relay, givenUp), 1);
    publisher.close();
    viewer.close();
  });

  faultTest(`${protocol}: nonsense on any stream ends no other session`, async (context) => {
    const { relay } = context;
    for (let seed = 1; seed <= 60; seed++) await talkNonsense(relay, version, new Random(seed));
    const malformed = () => counter(relay, "qumo_relay_malformed_total");
    await until("something to be malformed", async () => await malformed() > 0);
  });
}

async function talkNonsense(
  relay: QuicServerAddress,
  version: LiteVersion,
  random: Random,
): Promise<void> {
  const peer = await ScriptedLite.dial(relay, version);
  const types = [...Object.values(version.requests), ...Object.values(version.uniStreams), 31n]
    .filter((type) => type !== undefined);
  for (let count = 0; count < 20; count++) {
    const bytes = random.bytes(1 + random.below(60));
    const type = random.pick(types);
    try {
      if (random.percent(50)) await peer.open(type, bytes);
      else await (await peer.openUni(type)).write(bytes);
    } catch {
      // The session was closed for what came before.
      break;
    }
  }
  peer.connection.sendDatagram(random.bytes(40));
  // So that it is read before the end.
  const closed = new AbortController();
  void peer.connection.closed.then(() => closed.abort());
  await sleep(systemClock, READ_MS, closed.signal);
  peer.close();
}
