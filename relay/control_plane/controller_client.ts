import { type Clock, done, messageOf, type Outcome, refused } from "@qumo/shared/runtime";
import { z } from "zod";
import { type Deadline, deadlineIn } from "./deadline.ts";
import { MAX_ANSWER_BYTES, REQUEST_TIMEOUT_MS } from "./limits.ts";

/** Why a controller did not do what it was asked for. */
export interface ControllerFault {
  /**
   * The refusal's code; `unreachable` when there was no answer, or none that makes sense, and
   * `not_understood` when the controller does not know such a request.
   */
  readonly code: string;
  readonly message: string;
  /** Of a heartbeat without a place: the newest epoch of this relay's name, or the controller's time. */
  readonly epoch?: number | undefined;
  /** Beside the epoch: whether somebody is registered under that name now. */
  readonly lives?: boolean | undefined;
}

/** One request. */
export interface ControllerRequest {
  readonly url: string;
  readonly method: "GET" | "PUT" | "DELETE";
  /** With its query, encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An answer that was read. */
export interface Answer<T> {
  readonly value: T;
  readonly headers: Headers;
}

const refusalSchema = z.object({
  error: z.string(),
  code: z.string().default("refused"),
  epoch: z.int().nonnegative().optional(),
  lives: z.boolean().optional(),
});

/** Asks controllers, each time with the token of the moment. Nothing here tries again. */
export class ControllerClient {
  readonly #clock: Clock;
  readonly #fetch: typeof fetch;
  readonly #token: () => Promise<string | undefined>;

  constructor(options: {
    readonly clock: Clock;
    readonly fetch: typeof fetch;
    readonly token: () => Promise<string | undefined>;
  }) {
    this.#clock = options.clock;
    this.#fetch = options.fetch;
    this.#token = options.token;
  }

  /** Asks for an answer in JSON that `schema` reads. Never rejects. */
  async ask<T>(
    request: ControllerRequest,
    schema: z.ZodType<T>,
  ): Promise<Outcome<Answer<T>, ControllerFault>> {
    const deadline = deadlineIn(this.#clock, REQUEST_TIMEOUT_MS);
    try {
      const response = await this.#send(request, deadline);
      const text = await readText(response);
      if (!response.ok) return refused(refusalOf(response.status, text));
      const read = schema.safeParse(JSON.parse(text));
      if (!read.success) return unreachable("unexpected answer: not a controller");
      return done({ value: read.data, headers: response.headers });
    } catch (error) {
      return unreachable(reasonOf(error));
    } finally {
      deadline.cancel();
    }
  }

  /** Asks for a stream; its body lives until it ends or `signal` is aborted. Never rejects. */
  async open(request: ControllerRequest): Promise<Outcome<Response, ControllerFault>> {
    const deadline = deadlineIn(this.#clock, REQUEST_TIMEOUT_MS);
    try {
      const response = await this.#send(request, deadline);
      if (!response.ok) return refused(refusalOf(response.status, await readText(response)));
      return done(response);
    } catch (error) {
      return unreachable(reasonOf(error));
    } finally {
      deadline.cancel();
    }
  }

  async #send(request: ControllerRequest, deadline: Deadline): Promise<Response> {
    const { method, body, headers, signal } = request;
    const token = await this.#token();
    return await this.#fetch(new URL(request.path, request.url), {
      method,
      headers: {
        ...headers,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, deadline.signal]),
    });
  }
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    // Leaving the loop lets go of the connection.
    if (length > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes of answer`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function refusalOf(status: number, text: string): ControllerFault {
  try {
    const { error: message, ...fault } = refusalSchema.parse(JSON.parse(text));
    return { ...fault, message };
  } catch {
    const code = status === 404 || status === 405 ? "not_understood" : "unreachable";
    return { code, message: `it answers with status ${status}` };
  }
}

// fetch() says "fetch failed" and keeps the reason in the cause, behind the whole URL.
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause ?? error : error;
  return messageOf(cause).replace(/^error sending request .*client error \(\w+\): /, "");
}

function unreachable(message: string) {
  return refused({ code: "unreachable", message });
}
