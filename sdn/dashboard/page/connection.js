import { EventReader } from "./event_reader.js";

/**
 * The controller sends a keep-alive every 15 seconds: after two and a half intervals the connection
 * counts as lost.
 */
const SILENCE_MS = 38_000;
/** The most characters of one event: a snapshot of ten thousand relays has some ten million. */
const MAX_EVENT_LENGTH = 64 * 1024 * 1024;
/** Between two attempts: from the first to the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

/**
 * Follows `GET /watch`, and comes back whenever it ends.
 *
 * @typedef {{ kind: "connecting" | "live" | "stale" | "denied", reason: string,
 *   since: number, nextTry: number }} State
 */
export class Connection {
  #api;
  #onEvent;
  #onState;
  /** The revision to resume from; undefined before the first snapshot. */
  #since = undefined;
  #lastSeen = 0;
  #current = new AbortController();
  #wake = () => {};
  #isHurried = false;
  /** @type {State} */
  state = { kind: "connecting", reason: "", since: 0, nextTry: 0 };

  /**
   * @param {import("./api.js").Api} api
   * @param {{ onEvent: (event: string, data: any) => void, onState: (state: State) => void }} told
   */
  constructor(api, { onEvent, onState }) {
    this.#api = api;
    this.#onEvent = onEvent;
    this.#onState = onState;
  }

  /** Follows while the page is open. */
  async run() {
    for (let wait = FIRST_WAIT_MS;; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      const end = await this.#follow();
      if (this.state.kind === "live") wait = FIRST_WAIT_MS;
      if (end.kind === "again" || this.#isHurried) {
        this.#isHurried = false;
        continue;
      }
      const isDenied = end.kind === "denied";
      // Random, so that all pages do not reconnect at once after a restart.
      const pause = isDenied ? LONGEST_WAIT_MS : wait * (0.75 + Math.random() / 2);
      this.#change({
        kind: isDenied ? "denied" : this.#lastSeen > 0 ? "stale" : "connecting",
        reason: end.reason,
        since: this.#lastSeen,
        nextTry: isDenied ? 0 : Date.now() + pause,
      });
      await this.#sleep(isDenied ? undefined : pause);
      this.#isHurried = false;
    }
  }

  /** Retries at once, with the current token. */
  retry() {
    this.#isHurried = true;
    this.#current.abort();
    this.#wake();
  }

  /** Follows one connection until it ends. */
  async #follow() {
    const stop = this.#current = new AbortController();
    let alarm;
    const hear = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => stop.abort(), SILENCE_MS);
    };
    try {
      hear();
      const from = this.#since === undefined ? "" : `&since=${this.#since}`;
      const path = `watch?scope=graph,announces,flows${from}`;
      const response = await this.#api.fetch(path, { signal: stop.signal });
      if (!response.ok) return await this.#refused(response);
      if (this.#since === undefined) this.#onEvent("snapshot", {});
      const reader = new EventReader({ line: MAX_EVENT_LENGTH, event: MAX_EVENT_LENGTH });
      const text = response.body.pipeThrough(new TextDecoderStream());
      for await (const piece of text) {
        hear();
        this.#lastSeen = Date.now();
        for (const event of reader.read(piece)) {
          if (!this.#take(event)) return { kind: "again", reason: "" };
        }
      }
      return { kind: "ended", reason: "the controller ended the connection" };
    } catch {
      return { kind: "ended", reason: "the controller does not answer" };
    } finally {
      clearTimeout(alarm);
      stop.abort();
    }
  }

  async #refused(response) {
    const { error = "" } = await response.json().catch(() => ({}));
    if (response.status === 410) {
      this.#since = undefined;
      return { kind: "again", reason: "" };
    }
    const isDenied = response.status === 401 || response.status === 403;
    return { kind: isDenied ? "denied" : "ended", reason: error || `HTTP ${response.status}` };
  }

  /** Handles an event; returns whether the connection can continue. */
  #take({ event, data, id }) {
    if (event === "history_gone") {
      this.#since = undefined;
      return false;
    }
    this.#onEvent(event, JSON.parse(data));
    if (id !== undefined) this.#since = Number(id);
    if (event === "ready") this.#change({ kind: "live", reason: "", since: 0, nextTry: 0 });
    return true;
  }

  #change(state) {
    this.state = state;
    this.#onState(state);
  }

  #sleep(milliseconds) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (milliseconds !== undefined) setTimeout(resolve, milliseconds);
    });
  }
}
