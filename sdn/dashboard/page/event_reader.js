/** The most characters of one event: a snapshot of ten thousand relays has some ten million. */
export const MAX_EVENT_LENGTH = 64 * 1024 * 1024;

/**
 * Takes server-sent events out of a stream of text, however it was cut into pieces. The browser's
 * own reader cannot send a token.
 *
 * @typedef {{ event: string, data: string, id: string | undefined }} ServerEvent
 */
export class EventReader {
  /** What began and has not ended, in the pieces that it came in. */
  #line = [];
  #length = 0;
  #data = [];
  #event = "";
  #id = undefined;

  /**
   * The events that end within `text`. Throws when one is too long.
   *
   * @param {string} text
   * @returns {ServerEvent[]}
   */
  read(text) {
    const events = [];
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#keep(text.slice(start, end));
      start = end + 1;
      const event = this.#endLine();
      if (event) events.push(event);
    }
    this.#keep(text.slice(start));
    return events;
  }

  /** @param {string} piece */
  #keep(piece) {
    this.#length += piece.length;
    if (this.#length > MAX_EVENT_LENGTH) throw new Error("Cannot read the events: one is too long");
    if (piece !== "") this.#line.push(piece);
  }

  /** @returns {ServerEvent | undefined} */
  #endLine() {
    const line = this.#line.join("").replace(/\r$/, "");
    this.#line = [];
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
    this.#data = [];
    this.#event = "";
    this.#id = undefined;
    this.#length = 0;
    return event;
  }
}
