/** The relay's pages to publish and to watch: what is published is seen, by its pixels. */
import { generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import { CHROMIUM, FIREFOX } from "../peers/browsers.ts";
import {
  assertMoves,
  becomesTrue,
  openPage,
  picturesSeen,
  startPublishing,
} from "../peers/media_pages.ts";
import { moqCliMissing, publishFilm, watchFilm } from "../peers/moq_cli.ts";
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
    { missing: kind.missing },
  );
}

relayTest(
  "what the relay's page publishes is watched by moq, and what moq publishes is seen on the page",
  async ({ relay, join, deadline }) => {
    const url = `http://127.0.0.1:${relay.port}`;
    const browser = await join(CHROMIUM.launch);
    const chosen = { name: NAME, codec: "avc1" };
    await startPublishing(await openPage(browser, `${url}/publish`), chosen);
    await using viewer = watchFilm(relay, NAME);
    const film = await deadline.for("the film", viewer.read(2_000));
    assert.deepEqual([...film.subarray(0, 4)], [0, 0, 0, 1]);
    await using _film = publishFilm(relay, "film.hang");
    const page = await openPage(browser, `${url}/watch?name=film.hang`);
    await becomesTrue(page, "pictures come", () => {
      return /Pictures\s+[1-9]\d*\/s/.test(document.getElementById("figures").innerText);
    });
  },
  { missing: CHROMIUM.missing ?? moqCliMissing },
);

const KEY = await generate("HS256", "main");
const KEY_FILE = await Deno.makeTempFile({ suffix: ".jwk" });
await Deno.writeTextFile(KEY_FILE, JSON.stringify(KEY));
globalThis.addEventListener("unload", () => Deno.removeSync(KEY_FILE));

relayTest(
  "the relay's pages show the token of their address to the relay, and to nobody else",
  async ({ relay, join }) => {
    const put = await sign(KEY, { root: "demo", put: "room" });
    const get = await sign(KEY, { root: "demo", get: "room" });
    const browser = await join(CHROMIUM.launch);
    const url = `http://127.0.0.1:${relay.port}`;
    const studio = await openPage(browser, `${url}/publish?path=/demo&jwt=${put}`);
    await startPublishing(studio, { name: "room/a.hang" });
    const link = await studio.evaluate(() => document.querySelector(".share a").href, undefined);
    assert.equal(link, `${url}/watch?name=room%2Fa.hang&path=%2Fdemo`);
    const page = await openPage(browser, `${link}&jwt=${get}`);
    assertMoves(await picturesSeen(page, 5));
    const turnedAway = await openPage(browser, link);
    await becomesTrue(
      turnedAway,
      "that there is no session for want of a token",
      () =>
        /There is no session with the relay .*no token was shown.*may want a token/.test(
          document.getElementById("banner").innerText,
        ),
    );
    for (const token of [put, get]) assert.ok(!relay.log().includes(token));
  },
  {
    config: { auth: { mode: "token", keys: [KEY_FILE] } },
    missing: CHROMIUM.missing,
  },
);

// Deno's types have nothing of a browser's page: this is what is used of it.
declare const document: {
  querySelector(selector: string): { readonly href: string };
  getElementById(id: string): { readonly innerText: string };
};
