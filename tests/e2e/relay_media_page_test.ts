/** The relay's pages to publish and to watch: what is published is seen, by its pixels. */
import assert from "node:assert/strict";
import { CHROMIUM, FIREFOX } from "../peers/browsers.ts";
import { openPage, picturesSeen, startPublishing } from "../peers/media_pages.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";

const NAME = "live/test.hang";

for (const kind of [CHROMIUM, FIREFOX]) {
  relayTest(
    `what ${kind.name} publishes with the relay's page is seen with it`,
    async ({ relay, join }) => {
      const url = `http://127.0.0.1:${relay.port}`;
      const [studio, home] = await Promise.all([join(kind.launch), join(kind.launch)]);
      await startPublishing(await openPage(studio, `${url}/publish`), { name: NAME });
      const page = await openPage(home, `${url}/watch?name=${encodeURIComponent(NAME)}`);
      assertMoves(await picturesSeen(page, 10));
    },
    { missing: kind.missing, milliseconds: 180_000 },
  );
}

/** The pictures of a film that goes on come in order; some may be left out. */
function assertMoves(numbers: readonly number[]): void {
  const inOrder = numbers.every((number, at) => at === 0 || number > numbers[at - 1]!);
  assert.ok(inOrder, `The pictures were ${numbers.join(", ")}`);
}
