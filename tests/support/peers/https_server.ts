import { generateCertificate } from "../../../relay/transport/mod.ts";

type Answer = (request: Request) => Response | Promise<Response>;

/** An HTTPS server on the loopback address, with a certificate that only its own `fetch` trusts. */
export class HttpsServer implements AsyncDisposable {
  /** What it answers from now on. */
  answer: Answer;
  /** The CA that verifies it, in PEM. */
  readonly authority: string;
  readonly fetch: typeof fetch;
  readonly #key: string;
  readonly #client: Deno.HttpClient;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #port: number;

  static async start(answer: Answer): Promise<HttpsServer> {
    const { certificate, key } = await generateCertificate(["localhost", "127.0.0.1"]);
    return new HttpsServer(answer, certificate, key);
  }

  private constructor(answer: Answer, certificate: string, key: string) {
    this.answer = answer;
    this.authority = certificate;
    this.#key = key;
    this.#client = Deno.createHttpClient({ caCerts: [certificate] });
    this.fetch = (input, init) => fetch(input, { ...init, client: this.#client });
    this.#server = this.#serve(0);
    this.#port = this.#server.addr.port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}/`;
  }

  /** Nobody listens any more. */
  async stop(): Promise<void> {
    await this.#server.shutdown();
  }

  /** Listens again where it did. */
  start(): void {
    this.#server = this.#serve(this.#port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#server.shutdown();
  }

  #serve(port: number): Deno.HttpServer<Deno.NetAddr> {
    const options = {
      hostname: "127.0.0.1",
      port,
      cert: this.authority,
      key: this.#key,
      onListen: () => {},
    };
    return Deno.serve(options, (request) => this.answer(request));
  }
}
