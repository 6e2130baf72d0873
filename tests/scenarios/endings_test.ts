/** How sessions end, by the name that the log and the metrics give it. */
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { type Joined, SessionWorld } from "../support/worlds/session_world.ts";
import type { SessionEnd } from "../../relay/vocabulary/mod.ts";

interface Ending {
  readonly what: string;
  readonly end: SessionEnd;
  readonly do: (peer: ScriptedPeer, joined: Joined) => Promise<void> | void;
}

const ENDINGS: readonly Ending[] = [
  { what: "a clean close", end: "peer_closed", do: (peer) => peer.close() },
  {
    what: "a clean close after the end of the control stream",
    end: "peer_closed",
    do: async (peer) => {
      await (await peer.control.promise).finish();
      setTimeout(() => peer.close());
    },
  },
  {
    what: "a page that is left, which resets its streams",
    end: "peer_closed",
    do: async (peer) => {
      (await peer.control.promise).reset("internal_error");
      setTimeout(() => peer.close());
    },
  },
  { what: "a page's own code", end: "peer_closed", do: (peer) => peer.close(77, "enough") },
  {
    what: "a code of MoQT",
    end: "peer_error",
    do: (peer) => peer.close(peer.draft.sessionCodes.protocol_violation, "you said nonsense"),
  },
  {
    what: "a close that crosses ours",
    end: "peer_closed",
    do: (peer, { session }) => {
      peer.close();
      session.close("too late");
    },
  },
  {
    what: "silence",
    end: "lost",
    do: (_, { connection }) => connection.sever(),
  },
];

for (const { what, end, do: act } of ENDINGS) {
  draftTest(`a session that ends by ${what} is told as ${end}`, async () => {
    const world = new SessionWorld();
    const joined = await world.join();
    await act(joined.peer, joined);
    await joined.connection.closed;
    await world.settle();
    const line = world.lines.findLast(({ text }) => text === "info: session ended");
    assert.equal(line?.fields.end, end);
    assert.equal(world.metrics.sessionsEnded[end], 1);
    assert.equal(world.metrics.sessionsEnded.protocol_error, 0);
  });
}

draftTest("the query of a path, which may hold a token, is not in the log", async () => {
  await using world = new SessionWorld();
  await world.connect({ setup: { path: "/room?token=secret" } });
  const line = world.lines.find(({ text }) => text === "info: session started");
  assert.equal(line?.fields.path, "/room");
  assert.doesNotMatch(JSON.stringify(world.lines), /secret/);
});
