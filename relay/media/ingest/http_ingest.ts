import { type Clock, sleep } from "@qumo/shared/runtime";
import type { EncoderLimit, EncoderRefusal } from "../../vocabulary/mod.ts";
import { MediaError } from "../errors.ts";
import { Mp4StreamReader } from "../fmp4/stream_reader.ts";
import type { Encoder } from "./encoder.ts";
import { type EncoderName, encoderName } from "./encoder_name.ts";
import type { Ingests } from "./ingests.ts";
import { Pace } from "./pace.ts";

/** The dependencies of {@linkcode HttpIngest}. */
export interface HttpIngestParts {
  readonly ingests: Ingests;
  readonly maxFrameBytes: number;
  readonly maxBytesPerSecond: number;
  readonly onLimit: (limit: EncoderLimit) => void;
  readonly clock: Clock;
}

const INGEST_PATH = "/ingest/";

/** How an answer says why an encoder was not let in. */
const STATUS: Record<EncoderRefusal, number> = {
  malformed: 400,
  timeout: 408,
  unauthorized: 401,
  name: 409,
  max_encoders: 503,
  draining: 503,
};

/** Takes in encoders that send fragmented MP4 by PUT or POST, for as long as the request lasts. */
export class HttpIngest {
  /** What the paths of encoders begin with. */
  readonly prefix = INGEST_PATH;
  readonly #parts: HttpIngestParts;

  constructor(parts: HttpIngestParts) {
    this.#parts = parts;
  }

  /** Answers when the encoder has ended. Never rejects. */
  async answer(request: Request, remoteAddress: string): Promise<Response> {
    const { method, body } = request;
    if (method !== "PUT" && method !== "POST") {
      return problem(405, "Fragmented MP4 comes by PUT or POST", { allow: "PUT, POST" });
    }
    const { ingests } = this.#parts;
    const name = nameOf(request);
    if (name === undefined || body === null) {
      const denial = {
        why: "name",
        reason: "the path names nothing, or there is no body",
      } as const;
      ingests.refuse(denial, { protocol: "http", peer: remoteAddress });
      return problem(400, denial.reason);
    }
    const admitted = await ingests.admit({ protocol: "http", ...name, remoteAddress });
    if (admitted.ok) return await this.#read(admitted.value, body.getReader());
    return problem(STATUS[admitted.refusal.why], admitted.refusal.reason);
  }

  async #read(
    encoder: Encoder,
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<Response> {
    const { clock, maxFrameBytes, maxBytesPerSecond } = this.#parts;
    const stop = new AbortController();
    encoder.closesBy((reason) => {
      stop.abort(reason);
      reader.cancel().catch(() => {});
    });
    const mp4 = new Mp4StreamReader(encoder, maxFrameBytes);
    const pace = new Pace(clock, maxBytesPerSecond);
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const before = mp4.frames;
        mp4.push(read.value);
        const wait = pace.took(read.value.length, mp4.frames - before);
        if (wait === 0) continue;
        this.#parts.onLimit("rate");
        await sleep(clock, wait, stop.signal);
      }
    } catch (error) {
      return this.#failed(encoder, error);
    }
    if (stop.signal.aborted) return problem(503, String(stop.signal.reason));
    encoder.end("ended", "the request is complete");
    return Response.json({ frames: mp4.frames });
  }

  #failed(encoder: Encoder, error: unknown): Response {
    if (encoder.isOver) return problem(503, "the relay has ended the stream");
    if (error instanceof MediaError) {
      encoder.end("malformed", error.message);
      return problem(400, error.message);
    }
    // A body fails with its connection alone.
    encoder.end("lost", "the connection ended amid the request");
    return problem(400, "the request is not complete");
  }
}

/** The name in a request's path, with the tokens in its query and its head. */
function nameOf({ url, headers }: Request): EncoderName | undefined {
  const { pathname, search } = new URL(url);
  const name = encoderName(pathname.slice(INGEST_PATH.length) + search);
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (name === undefined || bearer === undefined) return name;
  return { ...name, tokens: [...name.tokens, bearer] };
}

function problem(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers });
}
