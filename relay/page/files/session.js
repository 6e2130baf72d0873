import { sessionUrl } from "./place.js";
import { whyEnded } from "./refusal.js";

/** Milliseconds until the next attempt: at first, and at most. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** A session that ended within so many milliseconds was refused, as by a relay that wants a token. */
const REFUSED_MS = 1_000;

/** Milliseconds that WebTransport has before WebSocket is tried beside it. */
const WEBSOCKET_DELAY_MS = 1_000;

/** Milliseconds that an attempt may take, and between two looks whether the relay is the same. */
const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 2_500;

/** Start times of one process differ by what the answer took, in milliseconds. */
const SAME_START_MS = 1_500;

/**
 * A session with the relay that served the page. It connects again whenever it ends, as long as the
 * page is there, and it ends with the page.
 */
export class Session {
  /** The library's session while there is one. */
  established;
  /** Whether the relay has kept it for a while: so what it goes over is not over at once. */
  isKept;
  /** What `state` shows: `connecting`, `connected` or `away`. */
  state;
  /** Why the last attempt failed. */
  problem;
  #net;
  #url;
  #left = false;
  #wake = () => {};

  /** `Net` and `Signals` are those of the library that uses the session. */
  constructor({ Net, Signals }, url = sessionUrl()) {
    this.#net = Net;
    this.#url = url;
    this.isKept = new Signals.Signal(false);
    this.established = new Signals.Signal(undefined);
    this.state = new Signals.Signal("connecting");
    this.problem = new Signals.Signal("");
    // Firefox leaves a session open when its page is loaded again.
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", () => this.#comeBack());
    addEventListener("online", () => this.#wake());
    this.#run();
    this.#watchRelay();
  }

  /** Ends the session; the next one follows. */
  renew() {
    this.established.peek()?.close();
    this.#wake();
  }

  async #run() {
    for (let wait = FIRST_WAIT_MS;; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      if (this.#left) await this.#sleep(undefined);
      try {
        const session = await this.#connect();
        await this.#live(session);
        const wasKept = this.isKept.peek();
        this.isKept.set(false);
        if (wasKept) wait = FIRST_WAIT_MS;
        else this.problem.set(await whyEnded());
      } catch (error) {
        this.problem.set(wordsOf(error));
      }
      this.state.set("away");
      await this.#sleep(wait * (0.5 + Math.random() / 2));
    }
  }

  async #connect() {
    const connecting = this.#net.Connection.connect(this.#url, {
      websocket: { delay: WEBSOCKET_DELAY_MS },
    });
    const late = Promise.withResolvers();
    const timer = setTimeout(() => late.reject(new Error("no answer in time")), PATIENCE_MS);
    try {
      return await Promise.race([connecting, late.promise]);
    } catch (error) {
      connecting.then((session) => session.close(), () => {});
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the session has ended. */
  async #live(session) {
    if (this.#left) return session.close();
    this.established.set(session);
    this.state.set("connected");
    const timer = setTimeout(() => {
      this.problem.set("");
      this.isKept.set(true);
    }, REFUSED_MS);
    try {
      await Promise.race([session.closed, new Promise((wake) => this.#wake = wake)]);
    } finally {
      clearTimeout(timer);
      this.established.set(undefined);
      session.close();
    }
  }

  #sleep(milliseconds) {
    return new Promise((wake) => {
      this.#wake = wake;
      if (milliseconds !== undefined) setTimeout(wake, milliseconds);
    });
  }

  #leave() {
    this.#left = true;
    this.established.peek()?.close();
  }

  /** The browser kept the page and shows it again. */
  #comeBack() {
    this.#left = false;
    this.#wake();
  }

  /** A relay that was killed says no farewell: a new start time tells that the session is dead. */
  async #watchRelay() {
    for (let known;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      if (this.#left || this.established.peek() === undefined) {
        known = undefined;
        continue;
      }
      const start = await startOfRelay();
      if (start === undefined) continue;
      if (known !== undefined && Math.abs(start - known) > SAME_START_MS) {
        this.renew();
        known = undefined;
      } else {
        known ??= start;
      }
    }
  }
}

/** When the relay was started, in milliseconds; undefined when it does not say. */
async function startOfRelay() {
  try {
    const signal = AbortSignal.timeout(LOOK_EVERY_MS);
    const response = await fetch("health", { signal, cache: "no-store" });
    const { timestamp, uptime } = await response.json();
    const [, hours = 0, minutes = 0, seconds] = uptime.match(/^(?:(\d+)h)?(?:(\d+)m)?([\d.]+)s$/);
    return Date.parse(timestamp) - ((hours * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  } catch {
    return undefined;
  }
}

/** The library tries several ways at once, and tells of each why it failed. */
function wordsOf(error) {
  const errors = error?.errors ?? [error];
  return errors.map((one) => one?.message ?? String(one)).filter((text) => text).join("; ");
}

/** Shows how the session goes in a badge and a banner. */
export function showSession({ Signals }, session, { badge, banner, words = () => "" }) {
  new Signals.Effect((effect) => {
    const state = effect.get(session.state);
    const problem = effect.get(session.problem);
    const live = effect.get(session.established);
    const isKept = effect.get(session.isKept);
    badge.className = `badge ${state}`;
    badge.textContent = state === "away" ? "no connection" : state;
    const text = state === "away"
      ? `There is no session with the relay (${problem || "it ended"}). The page goes on trying.`
      : isKept
      ? words(live)
      : "";
    banner.hidden = text === "";
    if (banner.textContent !== text) banner.textContent = text;
  });
}
