import { generateCertificate } from "../../../relay/transport/mod.ts";

type Answer = (request: Request) => Response | Promise<Response>;

/** An HTTPS server on the loopback address, with a certificate that only its own `fetch` trusts. */
export class HttpsServer implements AsyncDisposable {
  /** What it answers from now on. */
  answer: Answer;
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly #client: Deno.HttpClient;
  readonly #serve: (port: number) => Deno.HttpServer<Deno.NetAddr>;
  #server: Deno.HttpServer<Deno.NetAddr>;

  static async start(answer: Answer): Promise<HttpsServer> {
    const { certificate, key } = await generateCertificate(["localhost", "127.0.0.1"]);
    return new HttpsServer(answer, certificate, key);
  }

  private constructor(answer: Answer, cert: string, key: string) {
    this.answer = answer;
    this.#client = Deno.createHttpClient({ caCerts: [cert] });
    this.fetch = (input, init) => fetch(input, { ...init, client: this.#client });
    const options = { hostname: "127.0.0.1", cert, key, onListen() {} };
    this.#serve = (port) => Deno.serve({ ...options, port }, (request) => this.answer(request));
    this.#server = this.#serve(0);
    this.url = `https://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Nobody listens any more. */
  stop(): Promise<void> {
    return this.#server.shutdown();
  }

  /** Listens again where it did. */
  start(): void {
    this.#server = this.#serve(this.#server.addr.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#server.shutdown();
  }
}
