import { MAX_COST, MAX_NEIGHBORS, relayNameFault } from "@qumo/shared/topology";
import * as z from "zod";
import { parseRelayUrl, RELAY_URL_FORM } from "../control_plane/mod.ts";

/** Parses `{london: 250}`, or `london:250,paris:80` in a variable. */
export function readNeighbors(
  value: unknown,
  context: z.RefinementCtx,
): ReadonlyMap<string, number> {
  const what = "a map of relays' names to costs, like {london: 250}, or london:250,paris:80";
  const refuse = (message: string, path: string[] = []) =>
    context.addIssue({ code: "custom", message, path });
  const pairs = typeof value === "string" ? pairsOf(value) : entriesOf(value);
  if (pairs === undefined || new Map(pairs).size < pairs.length) {
    refuse(what);
    return z.NEVER;
  }
  if (pairs.length > MAX_NEIGHBORS) refuse(`at most ${MAX_NEIGHBORS} neighbors`);
  for (const [name, cost] of pairs) {
    const fault = relayNameFault(name);
    const isCost = typeof cost === "number" && cost > 0 && cost <= MAX_COST;
    // The parts of a variable have no places of their own.
    const place = typeof value === "string" ? [] : [name];
    if (fault !== undefined) refuse(`relays' names; this one ${fault}`, place);
    else if (!isCost) refuse(`a cost above 0 and up to ${MAX_COST} for each`, place);
  }
  return new Map(pairs as [string, number][]);
}

/** Reads `{london: "moqt://10.0.0.7:4433"}`. */
export function readAddresses(
  value: unknown,
  context: z.RefinementCtx,
): ReadonlyMap<string, string> {
  const pairs = entriesOf(value);
  if (pairs === undefined) {
    const message = 'a map of relays\' names to URLs, like {london: "moqt://10.0.0.7:4433"}';
    context.addIssue({ code: "custom", message, path: [] });
    return z.NEVER;
  }
  for (const [name, url] of pairs) {
    if (typeof url === "string" && parseRelayUrl(url) !== undefined) continue;
    context.addIssue({ code: "custom", message: RELAY_URL_FORM, path: [name] });
  }
  return new Map(pairs as [string, string][]);
}

/** The entries of a map, as YAML or a default has it; undefined for anything else. */
export function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (value === null) return [];
  if (value instanceof Map) return [...value];
  return typeof value === "object" && !Array.isArray(value) ? Object.entries(value!) : undefined;
}

// A name may have a colon; a cost has none.
function pairsOf(text: string): [string, unknown][] | undefined {
  const pairs = splitItems(text).map((item) => /^(.+):\s*(\d+(?:\.\d+)?)$/.exec(item));
  if (pairs.includes(null)) return undefined;
  return pairs.map((match) => [match![1]!.trim(), Number(match![2])]);
}

/** The items of a list that is one text. */
export function splitItems(text: string): string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}
