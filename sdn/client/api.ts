import {
  type Clock,
  done,
  messageOf,
  type Outcome,
  printable,
  refused,
} from "@qumo/shared/runtime";
import { ANSWER_MS, MAX_ERROR } from "./limits.ts";
import type { Target } from "./target.ts";

/** What a query says; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A request to the controller. */
export interface Asked {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
}

/** A controller, as its operators ask it. */
export class ControllerApi {
  readonly #target: Target;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;

  constructor(target: Target, clock: Clock, fetching: typeof fetch) {
    this.#target = target;
    this.#clock = clock;
    this.#fetch = fetching;
  }

  /** Where the controller is. */
  get url(): string {
    return this.#target.url.href;
  }

  /** The answer's body, or a sentence about why there is none. */
  async ask<T>(asked: Asked): Promise<Outcome<T, string>> {
    const { method = "GET", path, body } = asked;
    const deadline = new AbortController();
    const timer = this.#clock.after(ANSWER_MS, () => deadline.abort());
    try {
      const response = await this.#fetch(this.#urlOf(asked), {
        method,
        headers: this.#headers(body !== undefined),
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A token must not go elsewhere.
        redirect: "manual",
        signal: deadline.signal,
      });
      const text = await response.text();
      return response.ok
        ? done((text === "" ? {} : JSON.parse(text)) as T)
        : refused(refusalOf(response.status, text, path));
    } catch (error) {
      const reason = deadline.signal.aborted
        ? `nothing in ${ANSWER_MS / 1_000} s`
        : messageOf(error instanceof Error ? error.cause ?? error : error);
      return refused(`No answer from ${this.url}: ${printable(reason, MAX_ERROR)}`);
    } finally {
      timer.cancel();
    }
  }

  #urlOf({ path, query = {} }: Asked): URL {
    const base = this.#target.url;
    const url = new URL(`${base.pathname.replace(/\/$/, "")}${path}`, base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  #headers(hasBody: boolean): Record<string, string> {
    const { token } = this.#target;
    return {
      accept: "application/json",
      ...(hasBody && { "content-type": "application/json" }),
      ...(token !== "" && { authorization: `Bearer ${token}` }),
    };
  }
}

/** A path of these segments. */
export function pathOf(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

function refusalOf(status: number, text: string, path: string): string {
  const { error, code } = errorOf(text);
  const hint = HINTS[status];
  const said = error ?? `the answer to ${path} is ${status}`;
  return printable(`${said}${code === undefined ? "" : ` (${code})`}${hint ?? ""}`, MAX_ERROR);
}

function errorOf(text: string): { error?: string; code?: string } {
  try {
    const { error, code } = JSON.parse(text) as { error?: unknown; code?: unknown };
    return {
      ...(typeof error === "string" && { error }),
      ...(typeof code === "string" && { code }),
    };
  } catch {
    return {};
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: ": say --token-file, with a token of the controller's auth.tokens",
  403: ": the token's role allows less; whoami says what it is",
};
