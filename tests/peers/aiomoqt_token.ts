import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { PythonScript } from "./python.ts";

/** How aiomoqt comes, and where it shows its token. */
export interface AiomoqtVisit {
  readonly draft: number;
  readonly transport: "quic" | "webtransport";
  readonly place: "URL" | "SETUP";
  readonly token: string | undefined;
}

/** aiomoqt, in a process of its own, which wants to publish `demo/aiomoqt`. */
export class AiomoqtTokenPeer {
  /** Resolves when its session has ended. */
  readonly over: Promise<unknown>;
  readonly #script: PythonScript;

  constructor({ port }: QuicServerAddress, { draft, transport, place, token }: AiomoqtVisit) {
    const scheme = transport === "quic" ? "moqt" : "https";
    const query = place === "URL" && token !== undefined ? `?jwt=${token}` : "";
    const url = `${scheme}://127.0.0.1:${port}/demo${query}`;
    this.#script = new PythonScript(
      new URL("aiomoqt_token_peer.py", import.meta.url),
      [url, String(draft), place, token ?? ""],
      () => {},
    );
    this.over = this.#script.ended;
  }

  async close(): Promise<void> {
    this.#script.kill("SIGKILL");
    await this.#script[Symbol.asyncDispose]();
  }
}
