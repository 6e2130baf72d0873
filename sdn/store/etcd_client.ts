import { type Clock, messageOf } from "@qumo/shared/runtime";

/** How to reach an etcd cluster. */
export interface EtcdAccess {
  /** URLs of the members, `http://host:2379`. */
  readonly endpoints: readonly string[];
  /** Empty for a cluster without authentication. */
  readonly user: string;
  readonly password: string;
  /** The time limit for one member's answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The fetch function, with the configured CA and client certificate. */
  readonly fetch: typeof fetch;
}

/** An error response of etcd: its gRPC code and message. */
export class EtcdError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(`etcd: ${message}`);
    this.code = code;
  }

  /** Whether a retry by the same client cannot succeed. */
  get isFinal(): boolean {
    return FINAL_CODES.has(this.code);
  }
}

/** gRPC's NOT_FOUND: for example a lease that has expired. */
export const NOT_FOUND = 5;

/** gRPC's OUT_OF_RANGE: a revision that was compacted or does not exist yet. */
export const OUT_OF_RANGE = 11;

const UNAUTHENTICATED = 16;

// INVALID_ARGUMENT (a wrong password too), PERMISSION_DENIED, UNAUTHENTICATED.
const FINAL_CODES: ReadonlySet<number> = new Set([3, 7, UNAUTHENTICATED]);

/** The longest message of a watch, in characters: a thousand revisions of the largest request. */
const MAX_MESSAGE_LENGTH = 64 * 1024 * 1024;

/**
 * A client of etcd's HTTP/JSON gateway, in which 64-bit numbers and bytes are text. A member that
 * does not answer, or has no quorum, is replaced by the next.
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
   * Asks one member after the other. Rejects with every member's error, or an {@linkcode
   * EtcdError}.
   */
  async call<T>(path: string, body: object): Promise<T> {
    return JSON.parse(await this.#call(path, JSON.stringify(body))) as T;
  }

  /**
   * Sends messages to a method that takes a stream of them; resolves with the answer to each. etcd's
   * gateway may stop to read a request once it has begun to answer it, so that the messages without an
   * answer are sent again. Rejects when a request has no answer at all.
   */
  async callEach<T>(path: string, bodies: readonly object[]): Promise<T[]> {
    const answers: T[] = [];
    while (answers.length < bodies.length) {
      const left = bodies.slice(answers.length);
      const text = await this.#call(path, left.map((body) => JSON.stringify(body)).join("\n"));
      const lines = text.split("\n").filter((line) => line !== "");
      if (lines.length === 0 || lines.length > left.length) {
        throw new Error(`etcd answers ${lines.length} of ${left.length} messages`);
      }
      answers.push(...lines.map((line) => JSON.parse(line) as T));
    }
    return answers;
  }

  async #call(path: string, text: string): Promise<string> {
    const faults: string[] = [];
    for (let left = this.#access.endpoints.length; left > 0; left--) {
      const { endpoint } = this;
      try {
        return await this.#authenticated(() => this.#ask({ endpoint, path, text }));
      } catch (error) {
        if (error instanceof EtcdError) throw error;
        faults.push(`${endpoint}: ${reasonOf(error)}`);
        this.leave(endpoint);
      }
    }
    throw new Error(`no member of etcd answers: ${faults.join("; ")}`);
  }

  /** Yields the messages of a watch until it ends, fails or `signal` is aborted. */
  async *watch<T>(body: object, signal: AbortSignal): AsyncGenerator<T> {
    const { endpoint } = this;
    const silence = new AbortController();
    const timer = this.#access.clock.after(this.#access.timeoutMs, () => silence.abort());
    let stop = () => {};
    try {
      const response = await this.#authenticated(() =>
        this.#fetch(
          `${endpoint}/v3/watch`,
          JSON.stringify(body),
          AbortSignal.any([signal, silence.signal]),
        )
      );
      let rest = "";
      if (response.body === null) return;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      // Aborting the fetch does not always end a pending read: cancel the reader too.
      stop = () => void reader.cancel().catch(() => {});
      signal.addEventListener("abort", stop);
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const text = read.value;
        // The first message comes at once; afterwards a watch may be silent for long.
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

  /** Switches to the next member, if `endpoint` is the one that is asked first. */
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

  /** Asks one member, with a time limit. */
  async ask<T>(endpoint: string, path: string, body: object, end?: AbortSignal): Promise<T> {
    return JSON.parse(await this.#ask({ endpoint, path, text: JSON.stringify(body) }, end)) as T;
  }

  async #ask(
    { endpoint, path, text }: { endpoint: string; path: string; text: string },
    end?: AbortSignal,
  ): Promise<string> {
    const deadline = new AbortController();
    const { clock, timeoutMs } = this.#access;
    const timer = clock.after(timeoutMs, () => deadline.abort(new Error("no answer in time")));
    const signal = end === undefined ? deadline.signal : AbortSignal.any([deadline.signal, end]);
    try {
      const response = await this.#fetch(`${endpoint}${path}`, text, signal);
      return await response.text();
    } finally {
      timer.cancel();
    }
  }

  async #fetch(url: string, body: string, signal: AbortSignal): Promise<Response> {
    const headers = { ...(this.#token !== "" && { authorization: this.#token }) };
    const response = await this.#access.fetch(url, {
      method: "POST",
      headers,
      body,
      signal,
    });
    if (response.ok) return response;
    const text = (await response.text()).slice(0, 500);
    // A status from 500 on is a fault of the member, not of the request.
    if (response.status >= 500) throw new Error(`etcd: ${response.status} ${text}`);
    throw readError(text);
  }
}

// A failed fetch has its reason in `cause`, if it has one.
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
