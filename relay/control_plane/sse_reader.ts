/** One event of a stream of server-sent events. */
export interface ServerEvent {
  /** The event's type; `message` by default. */
  readonly event: string;
  readonly data: string;
  /** The event's id, if it has one. */
  readonly id: string | undefined;
}

/** Limits of an unfinished line and event, in characters. */
export interface SseLimits {
  readonly line: number;
  readonly event: number;
}

/**
 * Parses server-sent events from a stream of text that comes in arbitrary pieces. Lines end with a
 * line feed, a carriage return or both; comments and unknown fields are ignored.
 */
export class SseReader {
  readonly #limits: SseLimits;
  // The unfinished line, in the pieces in which it came: joining them for each piece would be
  // expensive.
  #line: string[] = [];
  #lineLength = 0;
  #eventLength = 0;
  #endedByReturn = false;
  #event = "";
  #data: string[] = [];
  #id: string | undefined;

  constructor(limits: SseLimits) {
    this.#limits = limits;
  }

  /**
   * Returns the events that are complete with `text`. Throws when a line or an event is longer than
   * its limit.
   */
  read(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    // A line feed right after a carriage return ends the same line, even if it is in the next
    // piece.
    let start = this.#endedByReturn && text.startsWith("\n") ? 1 : 0;
    if (text !== "") this.#endedByReturn = text.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = start;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      this.#keep(text.slice(start, end.index));
      start = ends.lastIndex;
      const event = this.#endLine();
      if (event !== undefined) events.push(event);
    }
    this.#keep(text.slice(start));
    return events;
  }

  #keep(piece: string): void {
    if (piece === "") return;
    this.#lineLength += piece.length;
    this.#eventLength += piece.length;
    if (this.#lineLength > this.#limits.line) {
      throw new Error(
        `Cannot read the events: a line has more than ${this.#limits.line} characters`,
      );
    }
    if (this.#eventLength > this.#limits.event) {
      throw new Error(`Cannot read the events: one has more than ${this.#limits.event} characters`);
    }
    this.#line.push(piece);
  }

  #endLine(): ServerEvent | undefined {
    const line = this.#line.join("");
    this.#line = [];
    this.#lineLength = 0;
    if (line === "") return this.#endEvent();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
    return undefined;
  }

  #endEvent(): ServerEvent | undefined {
    const event = this.#data.length === 0
      ? undefined
      : { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    this.#event = "";
    this.#data = [];
    this.#id = undefined;
    this.#eventLength = 0;
    return event;
  }
}
