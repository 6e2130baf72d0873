import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { watch } from "./script.ts";

draftTest(
  "R-198: changes that a publisher has not answered yet wait, and go up as one",
  async () => {
    await using world = new SessionWorld();
    const { upstream, downstream } = await watch(world);
    let requestId = 0n;
    const flip = async (forward: boolean) => {
      const parameters = { forward };
      await downstream.send({ kind: "requestUpdate", requestId: requestId += 2n, parameters });
      await downstream.expect("requestOk");
    };
    const expectForward = async (forward: boolean) =>
      assert.deepEqual((await upstream.expect("requestUpdate")).parameters, { forward });
    for (let turn = 0; turn < 20; turn++) await flip(turn % 2 === 1);
    await flip(false);
    await expectForward(false);
    await expectForward(true);
    const third = upstream.next();
    await world.stillPending(third, "A third update before an answer");

    await upstream.send(OK);
    const last = await third;
    assert.deepEqual(last.kind === "requestUpdate" && last.parameters, { forward: false });
    await world.stillPending(upstream.next().catch(() => {}), "An update that says nothing new");
  },
);

draftTest(
  "R-198: they wait no longer than a moment for a publisher that does not answer",
  async () => {
    await using world = new SessionWorld();
    const { upstream, downstream } = await watch(world);
    for (const [turn, forward] of [false, true, false].entries()) {
      const requestId = BigInt(turn + 1) * 2n;
      await downstream.send({ kind: "requestUpdate", requestId, parameters: { forward } });
      await downstream.expect("requestOk");
    }
    await upstream.expect("requestUpdate");
    await upstream.expect("requestUpdate");
    const third = upstream.expect("requestUpdate");
    await world.advance(199);
    await world.stillPending(third, "The third update");
    await world.advance(1);
    assert.deepEqual((await third).parameters, { forward: false });
  },
);

const OK = { kind: "requestOk", parameters: {}, properties: new Uint8Array(0) } as const;
