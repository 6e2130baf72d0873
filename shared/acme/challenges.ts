import { MAX_CHALLENGES } from "./limits.ts";

const PREFIX = "/.well-known/acme-challenge/";

/** The answers by which an authority sees that a domain leads here (http-01). */
export class Challenges {
  readonly #answers = new Map<string, string>();

  /** Answers a challenge until it is disposed of. */
  answer(token: string, text: string): Disposable {
    if (this.#answers.size >= MAX_CHALLENGES) throw new Error("too many challenges at once");
    this.#answers.set(token, text);
    return { [Symbol.dispose]: () => void this.#answers.delete(token) };
  }

  /** Answers a request at the port of challenges, which has nothing else. */
  readonly handle = (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const text = pathname.startsWith(PREFIX)
      ? this.#answers.get(pathname.slice(PREFIX.length))
      : undefined;
    const headers = { "content-type": text === undefined ? "text/plain" : OCTETS };
    const status = text === undefined ? 404 : 200;
    const body = text ?? "Only challenges of ACME are answered here\n";
    return Promise.resolve(new Response(body, { status, headers }));
  };
}

const OCTETS = "application/octet-stream";
