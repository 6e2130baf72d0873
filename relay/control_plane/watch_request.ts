import { type Outcome, refused } from "@qumo/shared/runtime";
import type { ControllerClient, ControllerFault } from "./controller_client.ts";
import { listsOf, TOO_MANY } from "./interest_sender.ts";
import type { Interests } from "./interests.ts";
import { ASKED_KEEP_ALIVE_SEC, KEEP_ALIVE_MS } from "./limits.ts";

/** A stream of events that is to be opened. */
export interface WatchRequest {
  readonly url: string;
  /** This relay's name, whose next hops are followed. */
  readonly name: string;
  /** The revision after which it is to go on; undefined for a snapshot. */
  readonly since: number | undefined;
  /** What is followed of the announces; undefined for all of them. */
  readonly interests: Interests | undefined;
  /** Whether what the controller says about access is followed. */
  readonly access: boolean;
  /** Up to how many announces all of them are followed. */
  readonly allUpTo: number;
  readonly signal: AbortSignal;
}

/**
 * Asks a controller for a stream of events: with the announces that this relay is interested in, or
 * with all where the controller is older or keeps no interests of this relay.
 */
export async function openWatch(
  client: ControllerClient,
  { url, name, since, interests, access, allUpTo, signal }: WatchRequest,
): Promise<Outcome<Response, ControllerFault>> {
  const relay = encodeURIComponent(name);
  const routes = `routes:${relay}${access ? ",access" : ""}`;
  const headers = { accept: "text/event-stream", prefer: `keep-alive=${ASKED_KEEP_ALIVE_SEC}` };
  const isLess = interests?.follows === "interests";
  if (interests !== undefined && !interests.isWide) {
    const body = {
      ...(since !== undefined && { since }),
      scope: `graph,${routes}`,
      interests: listsOf(interests.opening(since === undefined)),
      // Who resumes with some announces cannot become one that has all.
      all_up_to: since === undefined || !isLess ? allUpTo : 0,
    };
    const request = { url, method: "POST", path: "/watch", body, headers, signal } as const;
    const opened = await client.open(request);
    if (opened.ok) return opened;
    const { code } = opened.refusal;
    if (TOO_MANY.includes(code)) interests.widen();
    else if (!UNKNOWN.includes(code)) return opened;
  }
  if (since !== undefined && isLess) return refused(NOT_ALL);
  const scope = encodeURIComponent(`graph,announces,${routes}`);
  const place = since === undefined ? "" : `&since=${since}`;
  const path = `/watch?scope=${scope}${place}`;
  const opened = await client.open({ url, method: "GET", path, headers, signal });
  // A controller that does not answer leaves the mirror with what it has, be it all or some.
  if (opened.ok) interests?.begun("all");
  return opened;
}

/** How often a controller says at least that it is there, by the head of its answer. */
export function keepAliveMs({ headers }: Response): number {
  const seconds = /^keep-alive=(\d{1,3})$/.exec(headers.get("preference-applied") ?? "")?.[1];
  return seconds === undefined ? KEEP_ALIVE_MS : Math.max(1, Number(seconds)) * 1000;
}

/** What older controllers answer, which know no interests. */
const UNKNOWN: readonly string[] = [
  "not_understood",
  "not_found",
  "method_not_allowed",
  "bad_request",
];

/** From some announces to all of them only a snapshot leads. */
const NOT_ALL: ControllerFault = { code: "history_gone", message: "all announces are wanted" };
