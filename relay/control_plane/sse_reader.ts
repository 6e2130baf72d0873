/** One event of a stream of server-sent events. */
export interface ServerEvent {
  /** What kind of event; `message` when it does not say. */
  readonly event: string;
  readonly data: string;
  /** The place of the event in the stream, when it says one. */
  readonly id: string | undefined;
}

/** The most that is kept of what has not ended yet, in characters. */
export interface SseLimits {
  readonly line: number;
  readonly event: number;
}

/**
 * Takes server-sent events out of a stream of text, however it was cut into pieces. Lines end with a
 * line feed, a carriage return or both; comments, and fields that are not known, say nothing.
 */
export class SseReader {
  readonly #limits: SseLimits;
  // What began and has not ended, in the pieces that it came in: joining them each time would be dear.
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

  /** The events that end within `text`. Throws when a line or an event is longer than its limit. */
  read(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    // A line feed after a carriage return belongs to it, even when it comes in the next piece.
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
