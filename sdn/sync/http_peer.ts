import type { z } from "zod";
import type { Clock } from "@qumo/shared/runtime";
import { accessMessageAnswer } from "./access_message.ts";
import type { AccessPeer } from "./access_replicator.ts";
import { digestAnswerSchema, syncAnswerSchema } from "./message.ts";
import type { Peer } from "./replicator.ts";
import { READS, type Reads, READS_HEADER, readsOf } from "./wire.ts";

/** The time limit for a peer's answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** The same for what is about access: where a packet was lost, another attempt is sooner. */
const ACCESS_TIMEOUT_MS = 2_000;

/** What a peer answers; one of a newer version may say more than this one reads. */
const answers = {
  digest: digestAnswerSchema.strip(),
  put: syncAnswerSchema.strip(),
  access: accessMessageAnswer.strip(),
};

/** A peer controller at a URL; `token` gives what authenticates the requests, unless it is empty. */
export function httpPeer(
  url: string,
  { token, clock }: { token: () => string; clock: Clock },
): Peer & AccessPeer {
  let reads: Reads = { version: false };
  const ask = async <T>(
    request: { method: string; path: string; body: unknown; timeoutMs?: number },
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const shown = token();
    const deadline = new AbortController();
    const timer = clock.after(
      request.timeoutMs ?? TIMEOUT_MS,
      () => deadline.abort(new Error("no answer in time")),
    );
    try {
      const response = await fetch(new URL(request.path, url), {
        method: request.method,
        headers: {
          "content-type": "application/json",
          [READS_HEADER]: READS,
          ...(shown !== "" && { authorization: `Bearer ${shown}` }),
        },
        body: JSON.stringify(request.body),
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      const text = await response.text();
      if (response.status === 404) {
        throw new OlderPeer(
          `it is older than this controller and has no ${request.method} ${request.path}: ` +
            "nothing is exchanged",
        );
      }
      if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`);
      // A refusal may be that of a proxy.
      reads = readsOf(response.headers);
      return schema.parse(JSON.parse(text));
    } finally {
      timer.cancel();
    }
  };
  return {
    name: new URL(url).host,
    get reads() {
      return reads;
    },
    digest: (buckets, signal) =>
      ask({ method: "POST", path: "/sync/digest", body: { buckets } }, answers.digest, signal),
    put: (message, signal) =>
      ask({ method: "PUT", path: "/sync", body: message }, answers.put, signal),
    async access(body, signal) {
      const request = { method: "PUT", path: "/sync/access", body, timeoutMs: ACCESS_TIMEOUT_MS };
      try {
        return await ask(request, answers.access, signal);
      } catch (error) {
        if (error instanceof OlderPeer) return undefined;
        throw error;
      }
    },
  };
}

/** A controller that does not know the request. */
class OlderPeer extends Error {}
