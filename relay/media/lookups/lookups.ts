import { addressKey, AddressLimit, type Clock } from "@qumo/shared/runtime";
import type { Gate } from "../../session/rights.ts";
import type { Registry } from "../../track/mod.ts";
import { answer, otherMethod, problem, refusal } from "../http/answers.ts";
import { outcomeOf } from "../http/outcome.ts";
import { allowed } from "../http/visitor.ts";
import { MAX_LOOKUPS, MAX_LOOKUPS_PER_ADDRESS } from "../limits.ts";
import type { MediaCounts } from "../counts.ts";
import { partsOf, trackOf } from "../model/names.ts";
import { enterPlace, type Place } from "../model/scopes.ts";
import { announced } from "./announced.ts";
import { fetchGroup } from "./fetched_group.ts";
import { keptGroups } from "./kept_groups.ts";

/** The dependencies of {@linkcode Lookups}. */
export interface LookupParts {
  readonly registry: Registry;
  readonly gate: Gate;
  readonly counts: Pick<MediaCounts, "lookups">;
  readonly clock: Clock;
}

/** Answers `/announced` and `/fetch` over HTTP, as moq-dev's relay has them. */
export class Lookups {
  readonly #parts: LookupParts;
  readonly #addresses = new AddressLimit(MAX_LOOKUPS_PER_ADDRESS);
  #active = 0;

  constructor(parts: LookupParts) {
    this.#parts = parts;
  }

  /** Answers a request for one of these paths. */
  async answer(request: Request, remote: string): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") return otherMethod(request.method);
    const { lookups } = this.#parts.counts;
    const address = addressKey(remote);
    const excess = this.#active >= MAX_LOOKUPS
      ? `more than ${MAX_LOOKUPS} look-ups`
      : this.#addresses.take(address)
      ? undefined
      : `more than ${MAX_LOOKUPS_PER_ADDRESS} look-ups of one address`;
    if (excess !== undefined) {
      lookups.too_many++;
      return problem(503, excess, 1_000);
    }
    this.#active++;
    try {
      const response = await this.#answer(request, remote);
      lookups[outcomeOf(response)]++;
      return response;
    } finally {
      this.#active--;
      this.#addresses.give(address);
    }
  }

  #answer(request: Request, remote: string): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [kind, ...parts] = partsOf(pathname) ?? [];
    if (kind === "announced") return this.#announced(parts, request, remote);
    if (kind === "fetch" && parts.length > 1) return this.#fetch(parts, request, remote);
    return Promise.resolve(problem(400, "a name and a track are needed: /fetch/NAME/TRACK"));
  }

  #announced(parts: string[], request: Request, remote: string): Promise<Response> {
    return this.#at(parts, async (place) => {
      const asked = { action: "subscribe_namespace", namespace: place.namespace } as const;
      const visit = { request, remote, place };
      const outcome = await allowed(this.#parts.gate, visit, {
        asked,
        act: (permit) => announced(place, permit, this.#parts.clock),
      });
      if (!outcome.ok) return refusal(outcome.refusal);
      const { names, isCut } = outcome.value;
      const response = answer(names.join("\n"));
      // Nobody should take a part for the whole.
      if (isCut) response.headers.set("warning", `199 - "only ${names.length} names are shown"`);
      return response;
    });
  }

  #fetch(parts: string[], request: Request, remote: string): Promise<Response> {
    const group = groupOf(new URL(request.url).searchParams.get("group"));
    if (group === "malformed") {
      return Promise.resolve(problem(400, "group must be a number, latest or kept"));
    }
    const track = parts.pop()!;
    return this.#at(parts, async (place) => {
      const name = trackOf(place.namespace, track);
      if (name === undefined) return NO_NAME();
      const asked = { action: "fetch", namespace: place.namespace, track: name } as const;
      const visit = { request, remote, place };
      const outcome = await allowed(this.#parts.gate, visit, {
        asked,
        act: async () =>
          group === "kept"
            ? keptGroups(place.scope, name)
            : await fetchGroup(place.scope, { name, group }, this.#parts.clock),
      });
      if (!outcome.ok) return refusal(outcome.refusal);
      const fetched = outcome.value;
      return fetched.ok
        ? answer(fetched.value, {
          type: `application/${group === "kept" ? "json" : "octet-stream"}`,
        })
        : refusal(fetched.refusal);
    });
  }

  async #at(
    parts: readonly string[],
    act: (place: Place) => Promise<Response>,
  ): Promise<Response> {
    const place = enterPlace(this.#parts.registry, parts);
    if (place === undefined) return NO_NAME();
    try {
      return await act(place);
    } finally {
      place.leave();
    }
  }
}

/** What a query asks for: a group, undefined for the latest, or which ones are kept on disk. */
function groupOf(text: string | null): bigint | "kept" | undefined | "malformed" {
  if (text === "kept") return text;
  if (text === null || text === "latest") return undefined;
  return /^\d{1,19}$/.test(text) ? BigInt(text) : "malformed";
}

const NO_NAME = () => problem(400, "no track can have this name");
