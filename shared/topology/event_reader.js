/*
 * In JavaScript, because the controller's page reads it too: the browser's own reader cannot send a token.
 */

/**
 * One event of a stream of server-sent events. Its type is `message` where it names none.
 *
 * @typedef {{ readonly event: string, readonly data: string, readonly id: string | undefined }} ServerEvent
 */

/**
 * Reads server-sent events from a stream of text that comes in arbitrary pieces. Lines end with a line
 * feed, a carriage return or both; comments and unknown fields are ignored.
 */
export class EventReader {
  /** @type {{ readonly line: number, readonly event: number }} */
  #limits;
  // The unfinished line, in the pieces in which it came: joining them for each piece would be expensive.
  /** @type {string[]} */
  #line = [];
  #lineLength = 0;
  #eventLength = 0;
  #endedByReturn = false;
  #event = "";
  /** @type {string[]} */
  #data = [];
  /** @type {string | undefined} */
  #id = undefined;

  /** @param {{ readonly line: number, readonly event: number }} limits The most characters of each. */
  constructor(limits) {
    this.#limits = limits;
  }

  /**
   * The events that are complete with `text`. Throws when a line or an event is longer than its limit.
   *
   * @param {string} text
   * @returns {ServerEvent[]}
   */
  read(text) {
    /** @type {ServerEvent[]} */
    const events = [];
    // A line feed right after a carriage return ends the same line, even if it is in the next piece.
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

  /** @param {string} piece */
  #keep(piece) {
    if (piece === "") return;
    const { line, event } = this.#limits;
    this.#lineLength += piece.length;
    this.#eventLength += piece.length;
    if (this.#lineLength > line) {
      throw new Error(`Cannot read the events: a line has more than ${line} characters`);
    }
    if (this.#eventLength > event) {
      throw new Error(`Cannot read the events: one has more than ${event} characters`);
    }
    this.#line.push(piece);
  }

  /** @returns {ServerEvent | undefined} */
  #endLine() {
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

  /** @returns {ServerEvent | undefined} */
  #endEvent() {
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
