import { type Refusal, refusal } from "@qumo/shared/topology";

/** The capacity of a registry. */
export interface Capacity {
  readonly maxRelays: number;
  readonly maxAnnounces: number;
  readonly maxAnnouncesPerRelay: number;
  /** Bytes of the texts of all announces. */
  readonly maxAnnounceBytes: number;
  readonly maxAnnounceBytesPerRelay: number;
}

/** A number of announces and their size, for comparison with {@linkcode Capacity}. */
export interface AnnounceCount {
  readonly count: number;
  /** Bytes of their texts. */
  readonly bytes: number;
}

/** No announces. */
export const NO_ANNOUNCES: AnnounceCount = { count: 0, bytes: 0 };

/** Counts announce texts, which are ASCII in canonical form. */
export function countTexts(texts: Iterable<string>): AnnounceCount {
  let count = 0;
  let bytes = 0;
  for (const text of texts) {
    count++;
    bytes += text.length;
  }
  return { count, bytes };
}

/** The reason why a relay with `own` announces exceeds the capacity; `undefined` when it fits. */
export function capacityRefusal(
  capacity: Capacity,
  { others, own }: {
    others: { relays: number; announces: AnnounceCount };
    own: AnnounceCount;
  },
): Refusal | undefined {
  const { maxRelays, maxAnnounces, maxAnnouncesPerRelay } = capacity;
  const { maxAnnounceBytes, maxAnnounceBytesPerRelay } = capacity;
  if (others.relays >= maxRelays) return full(`There are ${maxRelays} relays already`);
  if (own.count > maxAnnouncesPerRelay) {
    return full(`A relay may announce ${maxAnnouncesPerRelay} tracks`);
  }
  if (own.bytes > maxAnnounceBytesPerRelay) {
    return full(`The tracks that a relay announces may be ${maxAnnounceBytesPerRelay} bytes long`);
  }
  if (others.announces.count + own.count > maxAnnounces) {
    return full(`All relays together may announce ${maxAnnounces} tracks`);
  }
  if (others.announces.bytes + own.bytes > maxAnnounceBytes) {
    return full(`The tracks of all relays together may be ${maxAnnounceBytes} bytes long`);
  }
  return undefined;
}

function full(message: string): Refusal {
  return refusal("limit_reached", message);
}
