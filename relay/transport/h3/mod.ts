/** WebTransport over HTTP/3, client and server, on a raw `h3` connection. */
export { type AcceptOptions, acceptWebTransport } from "./accept.ts";
export { connectWebTransport } from "./connect.ts";
export { Http3Code } from "./codes.ts";
