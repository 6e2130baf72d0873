// When a viewer calls its relay anew beside a session by which nothing comes any more: after an outage
// QUIC waits up to as long again before it tries once more, and a new connection does not wait. The page
// uses it in the browser, and the client commands in the executable.

/** A track is steady that has come for so long, in milliseconds, without a pause of more than that. */
const STEADY_MS = 2_000;
const STEADY_PAUSE_MS = 750;

/** How long nothing comes of a steady track, in milliseconds, before the relay is called. */
const SILENCE_MS = 1_000;

/** Milliseconds from one attempt to the next. */
const ATTEMPT_EVERY_MS = 1_000;

/** Attempts at once: the oldest is given up for the next one. */
export const MOST_ATTEMPTS = 2;

/** How often it is looked, in milliseconds. */
export const LOOK_EVERY_MS = 200;

/** The most that one look adds to a silence: who looks late was busy, and has not read what came. */
const LONGEST_LOOK_MS = 500;

/** Decides when to call. Times are milliseconds of a clock that does not go back. */
export class Redial {
  #steadySince = 0;
  /** When something came last; undefined: nothing is expected. */
  #cameAt;
  #lookedAt = 0;
  #silence = 0;
  /** When the last attempt began; undefined: there was none in this silence. */
  #attemptAt;

  /**
   * Something of a track came.
   * @param {number} now
   */
  came(now) {
    if (this.#cameAt === undefined || now - this.#cameAt > STEADY_PAUSE_MS) this.#steadySince = now;
    this.#cameAt = this.#lookedAt = now;
    this.#silence = 0;
    this.#attemptAt = undefined;
  }

  /** Nothing is expected until something has come: there is a new session, or it is known who is quiet. */
  rest() {
    this.#cameAt = undefined;
    this.#attemptAt = undefined;
  }

  /**
   * Whether an attempt is to begin now.
   * @param {number} now
   * @returns {boolean}
   */
  look(now) {
    this.#silence += Math.min(now - this.#lookedAt, LONGEST_LOOK_MS);
    this.#lookedAt = now;
    if (this.#cameAt === undefined || this.#cameAt - this.#steadySince < STEADY_MS) return false;
    const isDue = this.#attemptAt === undefined
      ? this.#silence >= SILENCE_MS
      : now - this.#attemptAt >= ATTEMPT_EVERY_MS;
    if (isDue) this.#attemptAt = now;
    return isDue;
  }
}

/**
 * Attempts to reach a relay, a few at once, of which the first that succeeds counts.
 * @template Session
 */
export class Attempts {
  #parts;
  /** @type {AbortController[]} */
  #underway = [];

  /**
   * `dial` gives it up when its signal is aborted; what comes of it all the same is closed.
   * @param {{
   *   dial: (signal: AbortSignal) => Promise<Session>,
   *   won: (session: Session) => void,
   *   failed?: (error: unknown) => void,
   *   close: (session: Session) => void,
   * }} parts
   */
  constructor(parts) {
    this.#parts = parts;
  }

  get areUnderway() {
    return this.#underway.length > 0;
  }

  /** Begins one more. */
  begin() {
    if (this.#underway.length >= MOST_ATTEMPTS) this.#underway.shift()?.abort();
    const attempt = new AbortController();
    this.#underway.push(attempt);
    this.#follow(attempt);
  }

  /** Gives all of them up. */
  abandon() {
    for (const attempt of this.#underway.splice(0)) attempt.abort();
  }

  /** @param {AbortController} attempt */
  async #follow(attempt) {
    const { dial, won, failed, close } = this.#parts;
    try {
      const session = await dial(attempt.signal);
      if (attempt.signal.aborted) return close(session);
      this.#underway = this.#underway.filter((one) => one !== attempt);
      this.abandon();
      won(session);
    } catch (error) {
      if (attempt.signal.aborted) return;
      this.#underway = this.#underway.filter((one) => one !== attempt);
      failed?.(error);
    }
  }
}
