import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { canonicalTrackText } from "@qumo/shared/topology";
import * as z from "zod";
import type { ControllerClient } from "./controller_client.ts";
import { MAX_POLLED_ROUTES } from "./limits.ts";
import type { Mirror } from "./mirror.ts";
import type { Announce } from "./mirror_event.ts";
import type { NextHopLine } from "./mirror_view.ts";

/** What polling works with. */
export interface PollOptions {
  /** This relay's name, whose next hops are requested. */
  readonly name: string;
  readonly mirror: Mirror;
  readonly client: ControllerClient;
  /** Called with the number of relays with announces that are left out because there are too many. */
  readonly onLeftOut: (count: number) => void;
}

// The graph of an older controller, without states and certificates.
const graphSchema = z.object({
  nodes: z.array(z.object({
    id: z.string(),
    region: z.string().default(""),
    address: z.string().default(""),
  })),
});
const announcesSchema = z.object({
  entries: z.array(z.object({ relay: z.string(), broadcast_path: z.string() })),
});
const routeSchema = z.object({ next_hop: z.string(), cost: z.number() });

type Line = readonly [target: string, line: NextHopLine];

/**
 * Requests the whole state of a controller that has no event stream, and applies it to the mirror
 * as a snapshot. Returns the fault, if there was one.
 */
export async function poll(
  { name, mirror, client, onLeftOut }: PollOptions,
  url: string,
  signal: AbortSignal,
): Promise<Outcome<void, string>> {
  const ask = <T>(path: string, schema: z.ZodType<T>) =>
    client.ask({ url, method: "GET", path, signal }, schema);
  const graph = await ask("/graph", graphSchema);
  if (!graph.ok) return refused(graph.refusal.message);
  const listed = await ask("/announce", announcesSchema);
  if (!listed.ok) return refused(listed.refusal.message);
  const entries = listed.value.value.entries.flatMap(({ relay, broadcast_path }): Announce[] => {
    const text = canonicalTrackText(broadcast_path);
    return text.ok && text.value !== "" ? [{ relay, text: text.value }] : [];
  });
  const lines: Line[] = [];
  const targets = new Set(entries.map(({ relay }) => relay));
  targets.delete(name);
  onLeftOut(Math.max(0, targets.size - MAX_POLLED_ROUTES));
  for (const target of [...targets].slice(0, MAX_POLLED_ROUTES)) {
    const found = await ask(
      `/route?${new URLSearchParams({ from: name, to: target })}`,
      routeSchema,
    );
    // There may be no route to this relay.
    if (!found.ok) continue;
    const { next_hop: nextHop, cost } = found.value.value;
    lines.push([target, { nextHop, alternate: undefined, cost }]);
  }
  const relays = graph.value.value.nodes.map(({ id, ...node }) =>
    ({ ...node, name: id, state: "alive", certificateSha256: undefined }) as const
  );
  mirror.begin("snapshot");
  mirror.apply({ kind: "graph", relays });
  mirror.apply({ kind: "announces", entries });
  mirror.apply({ kind: "routes", lines, removed: [] });
  mirror.apply({ kind: "ready", revision: 0 });
  return done(undefined);
}
