import { connect } from "node:tls";

/** Characters of an answer: more than `/health` ever returns. */
const MAX_ANSWER_CHARACTERS = 65_536;

/**
 * Sends a GET over TLS to a program on this machine. The certificate is not verified: it has the
 * name that other machines use, perhaps of a private CA, and a loopback address needs no
 * verification.
 */
export function ownAnswer(url: URL, signal: AbortSignal): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false });
  let answer = "";
  socket.setEncoding("utf8");
  socket.once("secureConnect", () => {
    const path = `${url.pathname}${url.search}`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`);
  });
  socket.on("data", (part: string) => {
    answer += part;
    if (answer.length > MAX_ANSWER_CHARACTERS) socket.destroy(new Error("the answer has no end"));
  });
  socket.once("end", () => resolve(parse(answer)));
  socket.once("error", reject);
  signal.addEventListener("abort", () => socket.destroy(new Error("too late")), { once: true });
  return promise.finally(() => socket.destroy());
}

function parse(answer: string): Response {
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1]);
  if (!(status >= 200 && status <= 599)) throw new Error("the answer is not HTTP");
  const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
  return new Response([204, 304].includes(status) ? null : body, { status });
}
