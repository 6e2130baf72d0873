import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { Gate, Permit, Rights } from "../../session/rights.ts";
import type { Refusal } from "../../track/mod.ts";
import type { Place } from "../model/scopes.ts";

/** A request of HTTP, as far as access goes. */
export interface Visit {
  readonly request: Request;
  /** The client's address. */
  readonly remote: string;
  /** What it asks for. */
  readonly place: Pick<Place, "path" | "key">;
}

/** What a request is about. */
export interface AskedAction {
  readonly action: "fetch" | "subscribe" | "subscribe_namespace";
  readonly namespace: Namespace;
  readonly track?: FullTrackName;
}

/** The token of a request: in its query, as sessions have it, or in its head. Undefined for none. */
function tokenOf(request: Request): string | undefined {
  const inQuery = new URL(request.url).searchParams.get("jwt");
  if (inQuery !== null) return inQuery;
  return /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

/**
 * Whether an answer is for who asked alone, and not for whom a shared cache gives it by its URL: the
 * request shows its token elsewhere.
 */
export function isPersonal({ url, headers }: Request): boolean {
  return headers.has("authorization") && !new URL(url).searchParams.has("jwt");
}

/** What the links of a playlist end with, so that they show the token of the playlist's request. */
export function queryOf(request: Request): string {
  const token = tokenOf(request);
  return token === undefined ? "" : `?${new URLSearchParams({ jwt: token })}`;
}

/**
 * Asks whether a request may have what it asks for; then calls with its permit, and releases that. The
 * rules are those of a session with the request's token that connected to the path of the scope. It
 * comes in by the whole name: where it is refused, the answer does not say whether that scope is there.
 */
export async function allowed<T>(
  gate: Gate,
  { request, remote, place }: Visit,
  { asked, act }: { readonly asked: AskedAction; readonly act: (permit: Permit) => Promise<T> },
): Promise<Outcome<T, Refusal>> {
  const admitted = await gate.admit({
    path: `${place.path}${queryOf(request)}`,
    tokens: [],
    remoteAddress: remote,
    protocol: "http",
    relayName: undefined,
    // It has none: sessions count from 1.
    session: 0,
  });
  if (!admitted.ok) return admitted;
  const rights: Rights = admitted.value;
  try {
    const permitted = await rights.authorize({ ...asked, scope: place.key, tokens: [] });
    if (!permitted.ok) return permitted;
    return await whilePermitted(rights, permitted.value, act);
  } finally {
    rights.close();
  }
}

/** What was waited for is not given to who may not have it any more. */
async function whilePermitted<T>(
  rights: Pick<Rights, "onLost">,
  permit: Permit,
  act: (permit: Permit) => Promise<T>,
): Promise<Outcome<T, Refusal>> {
  let lost: Refusal | undefined;
  permit.onLost((refusal) => lost = refusal);
  rights.onLost((refusal) => lost = refusal);
  try {
    const value = await act(permit);
    return lost === undefined ? done(value) : refused(lost);
  } finally {
    permit.release();
  }
}
