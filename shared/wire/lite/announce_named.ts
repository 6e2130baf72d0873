import { type Codec, struct } from "../codec.ts";
import { DecodeError } from "../errors.ts";
import {
  type AnnounceEvent,
  type AnnounceReader,
  type AnnounceWriter,
  costOfHops,
} from "./announce.ts";
import { announceOk } from "./announce_ok.ts";
import { type Layout, message, name } from "./layout.ts";
import { MAX_LITE_ANNOUNCEMENTS } from "./limits.ts";
import type { Hops } from "./messages.ts";

/** What the versions up to 05 choose about their announcements, which name a route by its suffix. */
export interface NamedForm {
  /** How hops are written. */
  readonly hops: Codec<Hops>;
  /**
   * Whether the publisher's own hop is said once, in ANNOUNCE_OK (05). Otherwise it is the last of
   * each announcement.
   */
  readonly hasOk: boolean;
  /** Whether a route that is there may be announced again, which changes it (05). */
  readonly mayRepeat: boolean;
}

type Status = "ended" | "active";

interface Announcement {
  readonly status: Status;
  readonly suffix: string;
  readonly hops: Hops;
}

/** 2 is what moq-dev calls a restart in 05: what is there begins anew. */
function statusOf(mayRepeat: boolean): Codec<Status> {
  return {
    encode: (writer, value) => writer.u8(value === "active" ? 1 : 0),
    decode(reader) {
      const value = reader.varint();
      if (value === 0n) return "ended";
      if (value === 1n || value === 2n && mayRepeat) return "active";
      throw new DecodeError("malformed", `Announce status ${value}`);
    },
  };
}

/** The announcements of a version, which name a route by its suffix. */
export class NamedAnnouncements {
  readonly form: NamedForm;
  readonly layout: Layout<Announcement>;

  constructor(form: NamedForm) {
    this.form = form;
    this.layout = message(
      "ANNOUNCE",
      struct({ status: statusOf(form.mayRepeat), suffix: name("a suffix"), hops: form.hops }),
    );
  }

  reader(): AnnounceReader {
    return new NamedReader(this);
  }

  writer(ownHop: bigint): AnnounceWriter {
    return new NamedWriter(this, ownHop);
  }
}

class NamedReader implements AnnounceReader {
  readonly #announcements: NamedAnnouncements;
  readonly #active = new Set<string>();
  #hop: bigint | undefined;

  constructor(announcements: NamedAnnouncements) {
    this.#announcements = announcements;
  }

  get #isFirst(): boolean {
    return this.#announcements.form.hasOk && this.#hop === undefined;
  }

  get layout(): Layout<unknown> {
    return this.#isFirst ? announceOk : this.#announcements.layout;
  }

  decode(type: bigint | undefined, body: Uint8Array): AnnounceEvent {
    if (this.#isFirst) {
      const { hop, active } = announceOk.decode(type, body);
      this.#hop = hop;
      return { kind: "ok", hop, active };
    }
    const { layout, form } = this.#announcements;
    const { status, suffix, hops: listed } = layout.decode(type, body);
    const isKnown = this.#active.has(suffix);
    if (status === "ended") {
      if (!this.#active.delete(suffix)) throw contradiction("An end of what was not announced");
      return { kind: "end", suffix };
    }
    if (isKnown && !form.mayRepeat) throw contradiction("Announced twice");
    if (this.#active.size >= MAX_LITE_ANNOUNCEMENTS) throw contradiction("Too many announcements");
    this.#active.add(suffix);
    const hops = this.#hop === undefined ? listed : [...listed, this.#hop];
    return { kind: isKnown ? "update" : "start", suffix, hops, cost: costOfHops(hops) };
  }
}

class NamedWriter implements AnnounceWriter {
  readonly #announcements: NamedAnnouncements;
  readonly #ownHop: bigint;

  constructor(announcements: NamedAnnouncements, ownHop: bigint) {
    this.#announcements = announcements;
    this.#ownHop = ownHop;
  }

  ok(active: number): Uint8Array {
    if (!this.#announcements.form.hasOk) return new Uint8Array();
    return announceOk.encode({ hop: this.#ownHop, active });
  }

  start(suffix: string, hops: Hops): Uint8Array {
    const { hasOk } = this.#announcements.form;
    return this.#say("active", suffix, hasOk ? hops : [...hops, this.#ownHop]);
  }

  update(suffix: string, hops: Hops): Uint8Array {
    const again = this.start(suffix, hops);
    if (this.#announcements.form.mayRepeat) return again;
    const end = this.end(suffix);
    const both = new Uint8Array(end.length + again.length);
    both.set(end);
    both.set(again, end.length);
    return both;
  }

  end(suffix: string): Uint8Array {
    return this.#say("ended", suffix, []);
  }

  #say(status: Status, suffix: string, hops: Hops): Uint8Array {
    return this.#announcements.layout.encode({ status, suffix, hops });
  }
}

function contradiction(what: string): DecodeError {
  return new DecodeError("malformed", `${what} on an announce stream`);
}
