import { type Clock, messageOf } from "@qumo/shared/runtime";

/** Where an etcd cluster is, and how it is asked. */
export interface EtcdAccess {
  /** URLs of its members, `http://host:2379`; whichever answers is asked. */
  readonly endpoints: readonly string[];
  /** Empty for a cluster without users. */
  readonly user: string;
  readonly password: string;
  /** How long one member may take to answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** How requests are made: with whose authority and which certificate, where that matters. */
  readonly fetch: typeof fetch;
}

/** An answer of etcd that says no: its gRPC code and its words. */
export class EtcdError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(`etcd: ${message}`);
    this.code = code;
  }

  /** Whether the same request will be refused as long as nobody changes who asks. */
  get isFinal(): boolean {
    return FINAL_CODES.has(this.code);
  }
}

/** gRPC's code for a thing that is not there: a lease that ended, say. */
export const NOT_FOUND = 5;

/** gRPC's code for a revision that is not there any more, or not yet. */
export const OUT_OF_RANGE = 11;

const UNAUTHENTICATED = 16;

// A wrong password is an invalid argument; then there is permission denied.
const FINAL_CODES: ReadonlySet<number> = new Set([3, 7, UNAUTHENTICATED]);

/** The longest message of a watch, in characters: a thousand revisions of the largest request. */
const MAX_MESSAGE_LENGTH = 64 * 1024 * 1024;

/**
 * etcd's HTTP/JSON gateway, which wants 64-bit numbers and bytes as text. A member that does not
 * answer, or has no quorum, is left for the next one.
 */
export class EtcdClient {
  readonly #access: EtcdAccess;
  #place = 0;
  #token = "";

  constructor(access: EtcdAccess) {
    this.#access = access;
  }

  /** The member that is asked first. */
  get endpoint(): string {
    return this.#access.endpoints[this.#place] as string;
  }

  /**
   * Asks one member after the other. Rejects with every member's fault, or an {@linkcode EtcdError}.
   */
  async call<T>(path: string, body: object): Promise<T> {
    const faults: string[] = [];
    for (let left = this.#access.endpoints.length; left > 0; left--) {
      const { endpoint } = this;
      try {
        return await this.#authenticated(() => this.ask<T>(endpoint, path, body));
      } catch (error) {
        if (error instanceof EtcdError) throw error;
        faults.push(`${endpoint}: ${reasonOf(error)}`);
        this.leave(endpoint);
      }
    }
    throw new Error(`no member of etcd answers: ${faults.join("; ")}`);
  }

  /** Follows a watch, message by message, until it ends, fails or `signal` is aborted. */
  async *watch<T>(body: object, signal: AbortSignal): AsyncGenerator<T> {
    const { endpoint } = this;
    const silence = new AbortController();
    const timer = this.#access.clock.after(this.#access.timeoutMs, () => silence.abort());
    let stop = () => {};
    try {
      const response = await this.#authenticated(() =>
        this.#fetch(`${endpoint}/v3/watch`, body, AbortSignal.any([signal, silence.signal]))
      );
      let rest = "";
      if (response.body === null) return;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      // After a storm of events the end of the fetch does not always end a read that waits.
      stop = () => void reader.cancel().catch(() => {});
      signal.addEventListener("abort", stop);
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const text = read.value;
        // etcd's first message comes at once; after it there may be nothing to say for long.
        timer.cancel();
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        if (rest.length > MAX_MESSAGE_LENGTH) throw new Error("etcd's message is too long");
        for (const line of lines) yield (JSON.parse(line) as { result: T }).result;
      }
    } catch (error) {
      if (!signal.aborted) this.leave(endpoint);
      throw error;
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  /** Turns to the next member, if it is this one that is asked first. */
  leave(endpoint: string): void {
    const { length } = this.#access.endpoints;
    if (endpoint === this.endpoint) this.#place = (this.#place + 1) % length;
  }

  async #authenticated<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const isOver = error instanceof EtcdError &&
        (error.code === UNAUTHENTICATED || error.message.includes("user name is empty"));
      if (!isOver || this.#access.user === "") throw error;
      const { user: name, password } = this.#access;
      this.#token = "";
      const path = "/v3/auth/authenticate";
      const { token } = await this.ask<{ token: string }>(this.endpoint, path, { name, password });
      this.#token = token;
      return await act();
    }
  }

  /** Asks one member, which answers in time or not at all. */
  async ask<T>(endpoint: string, path: string, body: object, end?: AbortSignal): Promise<T> {
    const deadline = new AbortController();
    const { clock, timeoutMs } = this.#access;
    const timer = clock.after(timeoutMs, () => deadline.abort(new Error("no answer in time")));
    const signal = end === undefined ? deadline.signal : AbortSignal.any([deadline.signal, end]);
    try {
      const response = await this.#fetch(`${endpoint}${path}`, body, signal);
      return await response.json();
    } finally {
      timer.cancel();
    }
  }

  async #fetch(url: string, body: object, signal: AbortSignal): Promise<Response> {
    const headers = { ...(this.#token !== "" && { authorization: this.#token }) };
    const response = await this.#access.fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal,
    });
    if (response.ok) return response;
    const text = (await response.text()).slice(0, 500);
    // Beyond 500 it is the member that cannot, not the request that may not.
    if (response.status >= 500) throw new Error(`etcd: ${response.status} ${text}`);
    throw readError(text);
  }
}

// What fails in a fetch is said by the cause, where there is one.
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return messageOf(cause instanceof Error ? cause : error);
}

function readError(text: string): EtcdError {
  try {
    const { code, message } = JSON.parse(text) as { code: number; message: string };
    return new EtcdError(code, message);
  } catch {
    return new EtcdError(0, text);
  }
}
