/** The relay's pages across a mesh, while relays and pages go and come back. */
import { type Browser, type BrowserKind, CHROMIUM, FIREFOX, type Page } from "../peers/browsers.ts";
import {
  assertMoves,
  becomesTrue,
  openPage,
  picturesSeen,
  startPublishing,
} from "../peers/media_pages.ts";
import type { Mesh } from "../support/mesh/mesh.ts";
import { meshTest } from "../support/mesh/mesh_case.ts";
import { topology } from "../support/mesh/topology.ts";

const NAME = "live/mesh.hang";
const MINUTES = 60_000;

// London is on the cheapest path from tokyo to newyork; there is another.
const WORLD = topology("tokyo-london:10 london-newyork:10 tokyo-newyork:50");

for (const kind of [CHROMIUM, FIREFOX]) {
  meshTest(
    `${kind.name} watches on when the relay between is killed, its own starts anew, and the publisher's page is loaded again`,
    { topology: WORLD, deadline: 6 * MINUTES, ignore: kind.missing !== undefined },
    ({ mesh }) => watchThroughAll(mesh, kind),
  );
}

async function watchThroughAll(mesh: Mesh, kind: BrowserKind): Promise<void> {
  const browsers = await Promise.all([kind.launch(), kind.launch()]);
  await using _ends = { [Symbol.asyncDispose]: () => closeAll(browsers) };
  const [studio, home] = browsers;
  const camera = await openPage(studio, `${pageOf(mesh, "tokyo")}publish`);
  await startPublishing(camera, { name: NAME });
  const viewer = await openPage(home, `${pageOf(mesh, "newyork")}watch?name=${NAME}`);
  await becomesTrue(
    viewer,
    "what is live elsewhere is listed",
    () => document.getElementById("names").innerText.includes("live/mesh.hang"),
  );
  assertMoves(await picturesSeen(viewer, 8));

  await mesh.relay("london").end("SIGKILL");
  await pass(viewer, "london was killed");

  await mesh.relay("newyork").end("SIGKILL");
  await mesh.relay("newyork").start();
  await pass(viewer, "the viewer's relay was started anew");

  await camera.reload();
  await startPublishing(camera, { name: NAME });
  await pass(viewer, "the publisher's page was loaded again");
}

/** The film goes on, without anybody touching the page. */
async function pass(viewer: Page, what: string): Promise<void> {
  const seen = await picturesSeen(viewer, 12).catch((error) => {
    throw new Error(`After ${what}: ${error.message}`);
  });
  assertMoves(seen, { beginsAnew: true });
}

function pageOf(mesh: Mesh, name: string): string {
  const { hostname, port } = mesh.relay(name);
  return `http://${hostname}:${port}/`;
}

async function closeAll(browsers: readonly Browser[]): Promise<void> {
  await Promise.all(browsers.map((browser) => browser.close()));
}

declare const document: { getElementById(id: string): { readonly innerText: string } };
