import { sessionUrl } from "./place.js";
import { Attempts, LOOK_EVERY_MS, Redial } from "./redial.js";
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
const ASK_EVERY_MS = 2_500;

/** How long it is called again each second, in milliseconds, after a session that ended in an outage. */
const OUTAGE_MS = 15_000;

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
  #redial = new Redial();
  #attempts;

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

  /** Media came by the session: it is alive. */
  came() {
    this.#redial.came(performance.now());
    this.#attempts?.abandon();
  }

  /** No media is expected for now. */
  rest() {
    this.#redial.rest();
    this.#attempts?.abandon();
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
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("no answer in time")), PATIENCE_MS);
    try {
      return await this.#dial(late.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #dial(signal) {
    return await this.#net.Connection.connect(this.#url, {
      signal,
      websocket: { delay: WEBSOCKET_DELAY_MS },
    });
  }

  /** Calls the relay beside a session, over the same transport: over another one it would stay there. */
  async #dialBeside({ transport }, signal) {
    if (transport !== "webtransport") return await this.#dial(signal);
    const url = new URL(this.#url);
    const hashes = url.protocol === "http:" ? [await ownHash(signal)] : [];
    url.protocol = "https:";
    return await this.#net.Connection.connect(url, {
      signal,
      websocket: { enabled: false },
      webtransport: { serverCertificateHashes: hashes.map((value) => ({ value })) },
    });
  }

  /** Resolves when the session has ended, and none has taken its place. */
  async #live(session) {
    if (this.#left) return session.close();
    const timer = setTimeout(() => {
      this.problem.set("");
      this.isKept.set(true);
    }, REFUSED_MS);
    try {
      for (let next = session; next !== undefined;) next = await this.#hold(next);
    } finally {
      clearTimeout(timer);
      this.established.set(undefined);
    }
  }

  /** Resolves with the session that takes the place of this one, or when it has ended without. */
  async #hold(session) {
    const moved = Promise.withResolvers();
    const attempts = this.#attempts = new Attempts({
      dial: (signal) => this.#dialBeside(session, signal),
      won: (next) => moved.resolve(next),
      close: (late) => late.close(),
    });
    this.#redial.rest();
    this.established.set(session);
    this.state.set("connected");
    const looking = setInterval(() => {
      if (!this.#left && this.#redial.look(performance.now())) attempts.begin();
    }, LOOK_EVERY_MS);
    const ended = Promise.race([session.closed, new Promise((wake) => this.#wake = wake)]);
    ended.catch(() => {});
    try {
      const next = await Promise.race([
        moved.promise,
        ended.then(() => undefined, () => undefined),
      ]);
      if (next !== undefined || !attempts.areUnderway) {
        return next ?? await ended.then(() => undefined);
      }
      // The browser has given it up in an outage, in which the relay is called already.
      this.established.set(undefined);
      this.state.set("away");
      return await Promise.race([
        moved.promise,
        new Promise((late) => setTimeout(late, OUTAGE_MS)),
      ]);
    } finally {
      clearInterval(looking);
      attempts.abandon();
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
    this.rest();
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
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
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

/** The certificate of the relay: a request that nobody waits for any more would take a connection. */
async function ownHash(signal) {
  const response = await fetch("certificate.sha256", { signal, cache: "no-store" });
  return await response.text();
}

/** When the relay was started, in milliseconds; undefined when it does not say. */
async function startOfRelay() {
  try {
    const signal = AbortSignal.timeout(ASK_EVERY_MS);
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
