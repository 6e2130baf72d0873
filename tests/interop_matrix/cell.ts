import { messageOf } from "@qumo/shared/runtime";
import { until } from "../support/until.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { type Cell, type Check, CHECKS, type Unsayable } from "./checks.ts";
import type { MatrixClient, MatrixPeer, MatrixTransport } from "./client.ts";
import { Received } from "./received.ts";
import { soon } from "./soon.ts";

/** A client in a dialect. */
export interface Speaker {
  readonly protocol: string;
  readonly client: MatrixClient;
}

/** Who publishes to whom, and over what. */
export interface CellPlan {
  readonly publisher: Speaker;
  readonly viewer: Speaker;
  readonly transport: MatrixTransport;
}

/** What became of a check: undefined when it passed. */
export type Verdict = undefined | { readonly failed: string } | { readonly unsayable: Unsayable };

/** What became of every check of a cell, by name. */
export interface CellResult extends CellPlan {
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

let lastCell = 0;

/** Where publishers and viewers come in: one relay, or two with a link between them. */
export interface Relays {
  readonly publisher: RelayProcess;
  readonly viewer: RelayProcess;
}

/** Plays one cell, on a track of its own. */
export async function playCell(relays: Relays, plan: CellPlan): Promise<CellResult> {
  const verdicts = new Map<string, Verdict>();
  const peers: MatrixPeer[] = [];
  const connect = async (end: "publisher" | "viewer") => {
    const { client, protocol } = plan[end];
    const peer = await client.connect(relays[end], protocol, plan.transport);
    peers.push(peer);
    return peer;
  };
  const both = [...new Set([relays.publisher, relays.viewer])];
  const logged = both.map((relay) => relay.log().length);
  try {
    const cell = await begin(plan, connect, relays.publisher);
    await playChecks(cell, verdicts);
  } catch (error) {
    verdicts.set(FIRST.name, { failed: messageOf(error) });
  } finally {
    for (const peer of peers) await peer.close().catch(() => {});
  }
  const lines = both.map((relay, at) => relay.log().slice(logged[at])).join("\n");
  const fault = /^.*"level":"(error|fatal)".*$/m.exec(lines);
  verdicts.set("log", fault === null ? undefined : { failed: fault[0] });
  return { ...plan, verdicts };
}

// Nothing else is worth trying when objects do not arrive.
const FIRST = CHECKS[0]!;

async function playChecks(cell: Cell, verdicts: Map<string, Verdict>): Promise<void> {
  for (const check of CHECKS) {
    const verdict = await verdictOf(check, cell);
    verdicts.set(check.name, verdict);
    if (check === FIRST && verdict !== undefined) return;
  }
}

async function verdictOf(check: Check, cell: Cell): Promise<Verdict> {
  const unsayable = check.unsayable?.(cell);
  if (unsayable !== undefined) return { unsayable };
  try {
    await check.run(cell);
    return undefined;
  } catch (error) {
    return { failed: messageOf(error) };
  }
}

async function begin(
  { publisher, viewer }: CellPlan,
  connect: (end: "publisher" | "viewer") => Promise<MatrixPeer>,
  relay: RelayProcess,
): Promise<Cell> {
  const track = { path: `matrix/cell-${++lastCell}`, name: "video" };
  const publishing = await soon("the publisher's session", connect("publisher"));
  const publication = await soon("the namespace", publishing.publish(track));
  await soon("the relay to know the namespace", announcedAt(relay, track.path));
  const viewing = await soon("the viewer's session", connect("viewer"));
  const subscription = await soon("the subscription", viewing.subscribe(track));
  await soon("the relay's subscription", publication.subscribed());
  return {
    track,
    publication,
    publisher: publisher.client.abilities(publisher.protocol)!,
    viewer: viewer.client.abilities(viewer.protocol)!,
    connectViewer: () => connect("viewer"),
    viewing,
    subscription,
    received: new Received(subscription),
    groups: [],
  };
}

/** Not every dialect has an answer to an announcement: the relay's log says when it is known. */
async function announcedAt(relay: RelayProcess, path: string): Promise<void> {
  const line = new RegExp(`"message":"namespace announced".*"namespace":"${path}"`);
  await until("the line", () => line.test(relay.log()));
}
