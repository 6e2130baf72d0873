import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { canonicalTrackText, type Refusal, refusal, relayNameFault } from "@qumo/shared/topology";
import { relayNameSchema } from "@qumo/shared/topology/schemas";
import * as z from "zod";
import { announcesAnswer, announceStatusAnswer, lookupAnswer } from "../control/answers.ts";
import { readCursor } from "../control/cursor.ts";
import type { DirectoryUseCases } from "../control/use_cases.ts";
import { type Call, type Endpoint, endpoint } from "./endpoint.ts";
import { announcesQuery, lookupQuery, withdrawQuery, withoutLastSlash } from "./queries.ts";

const announceBody = z.strictObject({
  relay: relayNameSchema.optional(),
  broadcast_path: z.string().optional(),
}).optional();

type AnnounceCall = Call<unknown, z.output<typeof announceBody>>;
type WithdrawCall = Call<z.output<typeof withdrawQuery>, unknown>;

/** Endpoints of the directory: announce, withdraw, list, look up. */
export function announceEndpoints(announces: DirectoryUseCases): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/announce",
      summary: "The directory, by track and relay, page by page",
      role: "read",
      query: announcesQuery,
      answer: announcesAnswer,
      handle: async ({ query: { prefix, limit, after: cursor } }) => {
        const after = cursor === undefined ? undefined : readCursor(cursor);
        if (cursor !== undefined && after === undefined) return bad("after: not a cursor");
        const page = await announces.announces({ prefix, limit, ...(after && { after }) });
        return page.ok ? done({ body: page.value }) : page;
      },
    }),
    endpoint({
      method: "get",
      path: "/announce/lookup",
      summary: "Who has a track or a namespace above it, the nearest first when from is given",
      role: "read",
      query: lookupQuery,
      answer: lookupAnswer,
      refusals: ["node_not_found"],
      handle: async ({ query: { track, broadcast_path, from, match } }) => {
        const found = await announces.lookup({
          track: track ?? broadcast_path ?? "",
          from,
          covering: match === undefined ? track !== undefined : match === "covering",
        });
        return found.ok ? done({ body: found.value }) : found;
      },
    }),
    endpoint({
      method: "put",
      path: "/announce/{track}",
      summary:
        "Announce that a relay has a track: named in the body, or by the path's first segment",
      role: "relay",
      body: announceBody,
      answer: announceStatusAnswer,
      refusals: ["relay_not_found", "relay_revoked", "limit_reached", "unavailable"],
      speaksFor: (call: AnnounceCall) => announced(call).relay,
      handle: async (call: AnnounceCall) => {
        const meant = checkAnnounce(announced(call));
        if (!meant.ok) return meant;
        const made = await announces.announce(meant.value.relay, meant.value.track);
        return made.ok ? done({ body: made.value }) : made;
      },
    }),
    endpoint({
      method: "delete",
      path: "/announce/{track}",
      summary: "Withdraw an announce: the relay is named by relay, or by the path's first segment",
      role: "relay",
      query: withdrawQuery,
      answer: announceStatusAnswer,
      refusals: ["announce_not_found", "unavailable"],
      speaksFor: (call: WithdrawCall) => withdrawn(call).relay,
      handle: async (call: WithdrawCall) => {
        const meant = checkAnnounce(withdrawn(call));
        if (!meant.ok) return meant;
        const gone = await announces.withdraw(meant.value.relay, meant.value.track);
        return gone.ok ? done({ body: gone.value }) : gone;
      },
    }),
  ];
}

interface Meant {
  readonly relay: string;
  readonly track: string;
}

// The older form of the request has the relay in the path and repeats it in the body.
function announced({ name, body }: AnnounceCall): Meant {
  const isOlderForm = body?.relay === undefined || body.broadcast_path !== undefined;
  return isOlderForm ? splitPath(name) : { relay: body.relay as string, track: name };
}

function withdrawn({ name, query }: WithdrawCall): Meant {
  return query.relay === undefined ? splitPath(name) : { relay: query.relay, track: name };
}

function splitPath(path: string): Meant {
  const end = path.indexOf("/");
  return end < 0 ? { relay: path, track: "" } : {
    relay: path.slice(0, end),
    track: withoutLastSlash(path.slice(end + 1)),
  };
}

function checkAnnounce({ relay, track: text }: Meant): Outcome<Meant, Refusal> {
  if (text === "" || text === "/") return bad("path must be /announce/<relay>/<broadcast_path>");
  const fault = relayNameFault(relay);
  if (fault !== undefined) return bad(`The relay's name ${fault}`);
  const track = canonicalTrackText(text);
  return track.ok ? done({ relay, track: track.value }) : bad(`The track ${track.refusal}`);
}

function bad(message: string) {
  return refused(refusal("bad_request", message));
}
