import { struct, varint } from "../codec.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import type { AnnounceEvent, AnnounceReader, AnnounceWriter } from "./announce.ts";
import { announceOk } from "./announce_ok.ts";
import { distinctHops } from "./fields.ts";
import { kind, type Layout, name, typed } from "./layout.ts";
import { MAX_LITE_ANNOUNCEMENTS } from "./limits.ts";
import type { Hops, RouteCost } from "./messages.ts";

type Announcement =
  | {
    readonly kind: "start";
    readonly suffix: string;
    readonly hops: Hops;
    readonly warm: bigint;
    readonly cold: bigint;
  }
  | { readonly kind: "end"; readonly id: bigint }
  | {
    readonly kind: "update";
    readonly id: bigint;
    readonly hops: Hops;
    readonly warm: bigint;
    readonly cold: bigint;
  };

const route = { hops: distinctHops, warm: varint, cold: varint };

const layout = typed<Announcement>("ANNOUNCE", {
  start: [0n, kind("start", struct({ suffix: name("a suffix"), ...route }))],
  end: [1n, kind("end", struct({ id: varint }))],
  update: [2n, kind("update", struct({ id: varint, ...route }))],
});

/** Announcements of draft 06: a route has a number from its start on. */
export const numberedAnnouncements = {
  reader: (): AnnounceReader => new NumberedReader(),
  writer: (ownHop: bigint): AnnounceWriter => new NumberedWriter(ownHop),
};

class NumberedReader implements AnnounceReader {
  readonly #suffixes = new Map<bigint, string>();
  readonly #live = new Set<string>();
  #next = 0n;
  #hop: bigint | undefined;

  get layout(): Layout<unknown> {
    return this.#hop === undefined ? announceOk : layout;
  }

  decode(type: bigint | undefined, body: Uint8Array): AnnounceEvent {
    if (this.#hop === undefined) {
      const { hop, active } = announceOk.decode(type, body);
      this.#hop = hop;
      return { kind: "ok", hop, active };
    }
    const said = layout.decode(type, body);
    if (said.kind === "end") return { kind: "end", suffix: this.#retire(said.id) };
    const { hops, warm, cold } = said;
    const suffix = said.kind === "start" ? this.#begin(said.suffix) : this.#suffixOf(said.id);
    return { kind: said.kind, suffix, hops: [...hops, this.#hop], cost: { warm, cold } };
  }

  #begin(suffix: string): string {
    if (this.#live.has(suffix)) throw contradiction("A route that is there is started");
    if (this.#live.size >= MAX_LITE_ANNOUNCEMENTS) throw contradiction("Too many routes");
    this.#live.add(suffix);
    this.#suffixes.set(this.#next++, suffix);
    return suffix;
  }

  #retire(id: bigint): string {
    const suffix = this.#suffixOf(id);
    this.#suffixes.delete(id);
    this.#live.delete(suffix);
    return suffix;
  }

  #suffixOf(id: bigint): string {
    const suffix = this.#suffixes.get(id);
    if (suffix === undefined) throw contradiction(`Route ${id} is not there`);
    return suffix;
  }
}

class NumberedWriter implements AnnounceWriter {
  readonly #ownHop: bigint;
  readonly #ids = new Map<string, bigint>();
  #next = 0n;

  constructor(ownHop: bigint) {
    this.#ownHop = ownHop;
  }

  ok(active: number): Uint8Array {
    return announceOk.encode({ hop: this.#ownHop, active });
  }

  start(suffix: string, hops: Hops, cost: RouteCost): Uint8Array {
    const bytes = layout.encode({ kind: "start", suffix, hops, ...cost });
    this.#ids.set(suffix, this.#next++);
    return bytes;
  }

  update(suffix: string, hops: Hops, cost: RouteCost): Uint8Array {
    return layout.encode({ kind: "update", id: this.#idOf(suffix), hops, ...cost });
  }

  end(suffix: string): Uint8Array {
    const id = this.#idOf(suffix);
    this.#ids.delete(suffix);
    return layout.encode({ kind: "end", id });
  }

  #idOf(suffix: string): bigint {
    const id = this.#ids.get(suffix);
    if (id === undefined) throw new EncodeError("Cannot encode a route that was not started");
    return id;
  }
}

function contradiction(what: string): DecodeError {
  return new DecodeError("malformed", `${what} on an announce stream`);
}
