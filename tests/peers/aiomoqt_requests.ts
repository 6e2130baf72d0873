import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { Queue } from "../support/peers/queue.ts";
import { PythonScript } from "./python.ts";

/** The drafts that the library speaks. */
export const AIOMOQT_DRAFTS: readonly number[] = [14, 16, 18, 20, 22];

/** What aiomoqt can be told to ask for: of the namespace `live` at its path, or to publish `cam` there. */
export type AiomoqtRequest =
  | "subscribe"
  | "fetch"
  | "track_status"
  | "publish_namespace"
  | "publish"
  | "subscribe_namespace";

/** The token of a request: a value, or what the relay shall do with an alias. */
export type RequestToken =
  | { readonly value: string }
  | { readonly operation: "REGISTER"; readonly alias: number; readonly value: string }
  | { readonly operation: "USE_ALIAS" | "DELETE"; readonly alias: number };

/** What the library raises for a request that was refused; nothing for one that was not. */
export interface AiomoqtAnswer {
  readonly code?: number;
  readonly reason?: string;
}

/** How aiomoqt comes. */
export interface AiomoqtWay {
  readonly draft: number;
  readonly transport: "quic" | "webtransport";
  readonly path: string;
}

/** aiomoqt, in a process of its own, which makes one request after the other. */
export class AiomoqtRequests implements AsyncDisposable {
  readonly #script: PythonScript;
  readonly #answers = new Queue<AiomoqtAnswer>();

  constructor({ port }: QuicServerAddress, { draft, transport, path }: AiomoqtWay) {
    const scheme = transport === "quic" ? "moqt" : "https";
    this.#script = new PythonScript(
      new URL("aiomoqt_requests_peer.py", import.meta.url),
      [`${scheme}://127.0.0.1:${port}${path}`, String(draft)],
      (answer) => this.#answers.push(answer as AiomoqtAnswer),
    );
    void this.#script.ended.then(() => this.#answers.end());
  }

  /** Makes a request and waits for its answer. */
  async ask(request: AiomoqtRequest, token?: RequestToken): Promise<AiomoqtAnswer> {
    this.#script.send({ request, token });
    const answer = await this.#answers.next();
    if (answer === undefined) throw new Error(`aiomoqt ended:\n${this.#script.log()}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#script.kill("SIGKILL");
    await this.#script[Symbol.asyncDispose]();
  }
}
