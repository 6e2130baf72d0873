import { type Change, compareLives, type Tombstone } from "../registry/mod.ts";
import type { EtcdKeys } from "./etcd_keys.ts";
import type { EtcdMirror, MirroredRelay } from "./etcd_mirror.ts";

/** Withdrawn tracks kept per relay, as many as the registry keeps. */
const MAX_WITHDRAWN = 1_000;

/** Operations per transaction; etcd's limit is 128. */
export const MAX_OPERATIONS = 100;

/** Characters of values per transaction; etcd's limit is 1.5 MB. */
export const MAX_TRANSACTION_LENGTH = 500_000;

/** One change of a key or range; a value is under the relay's lease or the tombstone's. */
export type Operation =
  | {
    readonly kind: "put";
    readonly key: string;
    readonly value: string;
    readonly lease: "relay" | "end";
  }
  | { readonly kind: "delete"; readonly key: string; readonly range_end?: string };

/**
 * The operations that store changes of one relay, its own key first; `undefined` when they are
 * about a life that the mirror does not have.
 */
export function planWrite(
  relay: string,
  changes: readonly Change[],
  { keys, mirror }: { keys: EtcdKeys; mirror: EtcdMirror },
): Operation[] | undefined {
  const own = keys.key({ kind: "relay", relay });
  const ending = keys.key({ kind: "end", relay });
  const trackKey = (track: string) => keys.key({ kind: "track", relay, track });
  const operations = new Map<string, Operation>();
  let kept: Pick<MirroredRelay, "record" | "drain"> | undefined = mirror.relay(relay);
  const remove = (key: string) => void operations.set(key, { kind: "delete", key });
  const put = (key: string, value: string, lease: "relay" | "end" = "relay") => {
    operations.set(key, { kind: "put", key, value, lease });
  };
  for (const change of changes) {
    switch (change.kind) {
      case "relay": {
        const { record } = change;
        const goesOn = kept !== undefined &&
          compareLives(kept.record.version, record.version) === 0;
        if (!goesOn) {
          for (const track of mirror.tracks(relay).keys()) remove(trackKey(track));
          if (mirror.end(relay) !== undefined) remove(ending);
        }
        kept = goesOn ? { ...kept, record } : { record };
        put(own, keys.relayValue(kept));
        break;
      }
      case "drain":
        if (kept === undefined) return undefined;
        kept = { ...kept, drain: change.order };
        put(own, keys.relayValue(kept));
        break;
      case "announce": {
        const { track, ...word } = change.announce;
        put(trackKey(track), keys.trackValue({ ...word, present: true }));
        break;
      }
      case "withdraw": {
        const { track, version } = change;
        put(trackKey(track), keys.trackValue({ version, present: false, registeredAt: 0 }));
        const oldest = oldestWithdrawn(mirror, relay);
        if (oldest !== undefined && oldest !== track) remove(trackKey(oldest));
        break;
      }
      case "flows":
      case "access":
        break;
      case "gone":
        return [
          { kind: "delete", key: own },
          { kind: "delete", ...keys.tracksOf(relay) },
          ...remembered(change.tombstone, { keys, ending }),
        ];
    }
  }
  if (kept === undefined) return undefined;
  const first = operations.get(own);
  operations.delete(own);
  return [...first === undefined ? [] : [first], ...operations.values()];
}

/** The plan as etcd requests, in transactions within etcd's limits. */
export function inParts(
  plan: readonly Operation[],
  leases: Readonly<Record<"relay" | "end", string>>,
): object[][] {
  const parts: object[][] = [];
  let length = Infinity;
  for (const operation of plan) {
    const { kind, ...rest } = operation;
    const size = rest.key.length + (kind === "put" ? operation.value.length : 0);
    if (length + size > MAX_TRANSACTION_LENGTH || parts.at(-1)?.length === MAX_OPERATIONS) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)?.push(
      kind === "delete"
        ? { request_delete_range: rest }
        : { request_put: { ...rest, lease: leases[operation.lease] } },
    );
    length += size;
  }
  return parts;
}

function remembered(
  tombstone: Tombstone,
  { keys, ending }: { keys: EtcdKeys; ending: string },
): Operation[] {
  if (tombstone.reason !== "deregistered") return [];
  return [{ kind: "put", key: ending, value: keys.endValue(tombstone), lease: "end" }];
}

function oldestWithdrawn(mirror: EtcdMirror, relay: string): string | undefined {
  const withdrawn = [...mirror.tracks(relay)].filter(([, { present }]) => !present);
  return withdrawn.length >= MAX_WITHDRAWN ? withdrawn[0]?.[0] : undefined;
}
