import { Deadline } from "../support/deadline.ts";
import { DirectSite } from "../support/mesh/site.ts";
import { Mesh } from "../support/mesh/mesh.ts";
import { topology } from "../support/mesh/topology.ts";
import { until } from "../support/until.ts";
import { Camera } from "./camera.ts";
import { catalog, CATALOG_TRACK, prepareFilm } from "./video.ts";
import { Viewer } from "./viewer.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { connectByWebTransport } from "./viewers.ts";

/** What is published. */
export const PATH = "demo";
export const TRACK = "video";

// London is on the cheapest way from tokyo to newyork; there is another.
const WORLD = topology("tokyo-london:250 london-newyork:80 tokyo-newyork:400");

// For everything up to the first object: the programs themselves start in a few seconds.
const START_TIMEOUT = 180_000;

/** The whole system on one machine, and who uses it. */
export interface Scene extends AsyncDisposable {
  readonly mesh: Mesh;
  readonly camera: Camera;
  readonly viewers: readonly Viewer[];
  /** Relays that the demo itself has ended. */
  readonly killed: Set<string>;
  /** The relays from the next one to the source, for the track at this relay. */
  wayTo(relay: string): Promise<readonly string[] | undefined>;
}

/** Starts everything, each part waiting for the one before; nothing is published yet. */
export async function openScene(): Promise<Scene> {
  using deadline = new Deadline(START_TIMEOUT);
  const site = (links: typeof WORLD) => Promise.resolve(new DirectSite(links));
  const mesh = await Mesh.start({ topology: WORLD, site });
  try {
    return {
      mesh,
      killed: new Set(),
      ...await populate(mesh, deadline),
      wayTo: (relay) => wayTo(mesh, relay),
      [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
    };
  } catch (error) {
    const log = mesh.log();
    await mesh[Symbol.asyncDispose]();
    throw new Error(`${error}\n${log}`, { cause: error });
  }
}

async function populate(mesh: Mesh, deadline: Deadline) {
  prepareFilm();
  const publisher = await deadline.for(
    "the publisher to connect",
    connectMoqNet(mesh.relay("tokyo")),
  );
  const publication = await publisher.publish(PATH, [TRACK, CATALOG_TRACK]);
  const group = await publication.startGroup(CATALOG_TRACK);
  await group.write(new TextEncoder().encode(JSON.stringify(catalog(TRACK))));
  await group.end();
  const [overWebTransport, overQuic] = await deadline.for(
    "the viewers to connect",
    Promise.all([
      connectByWebTransport(mesh.relay("london")),
      connectMoqNet(mesh.relay("newyork")),
    ]),
  );
  const what = { path: PATH, track: TRACK };
  const viewers = await deadline.for(
    "the announcement at the other relays",
    Promise.all([
      Viewer.watch(overWebTransport, "london", { ...what, client: "@moq/net over WebTransport" }),
      Viewer.watch(overQuic, "newyork", { ...what, client: "@moq/net over QUIC" }),
    ]),
  );
  // Who comes later gets the group that is under way from its start, and that would look like delay.
  await deadline.for("the subscription at the publisher", publication.subscribed(TRACK));
  await until("the way to newyork", async () => await wayTo(mesh, "newyork") !== undefined);
  return { camera: new Camera(publication, TRACK), viewers };
}

async function wayTo(mesh: Mesh, relay: string): Promise<readonly string[] | undefined> {
  const routes = (await mesh.relay(relay).mesh())?.routes;
  return routes?.find(({ track }) => track === `${PATH}/~/${TRACK}`)?.path;
}
