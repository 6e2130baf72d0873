import type { Outcome } from "@qumo/shared/runtime";
import { type ControlMessageOf, outOfScope, type UpdatedRequest } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import type { RequestPermit } from "../connection/access.ts";
import type { Reporting } from "../connection/facets.ts";
import { requestOk } from "./answers.ts";
import { requestError } from "./refusals.ts";
import type { PeerIds } from "./request_ids.ts";
import type { RequestChannel } from "./requests.ts";

/** What {@linkcode followUpdates} uses of its session. */
export type UpdateContext = Pick<Reporting, "metrics"> & { readonly ids: PeerIds };

/** What an update asks for. */
export type Update = ControlMessageOf<"requestUpdate">["parameters"];

/** What the answer to an update says, or why what it asks for cannot be. */
export type UpdateAnswer = Outcome<ControlMessageOf<"requestOk">["parameters"], Refusal>;

/** A request of the peer, which it may change as long as it lasts. */
export interface Updatable {
  /** What allows the request: updates may show further tokens (#authorization-token). */
  readonly permit: Pick<RequestPermit, "renew"> | undefined;
  /** The kind of request, by which its updates may carry this or that. */
  readonly of: UpdatedRequest;
  /** Takes up a change. */
  readonly update: (update: Update) => UpdateAnswer | Promise<UpdateAnswer>;
  /** The first message came again (#updating of draft-lcurley-moq-cluster); absent: it may not. */
  readonly repeated?: (message: ControlMessageOf<"publishNamespace">) => void;
  /** The answer was sent: what follows from the change may be said. */
  readonly updated?: (update: Update, requestId: bigint) => void;
  /** Whether the request is over: whatever the peer still says of it is of no use. */
  readonly isOver?: () => boolean;
}

/** How the reading came to its end: the peer said its last word, broke off, or was refused an update. */
export type UpdatesEnd = "finished" | "broken_off" | Refusal;

/** Answers the updates of a request, for as long as the peer says anything on it (#message-request-update). */
export async function followUpdates(
  context: UpdateContext,
  stream: RequestChannel,
  { of, permit, update, updated, repeated, isOver = () => false }: Updatable,
): Promise<UpdatesEnd> {
  const outcomes = context.metrics.requests.request_update;
  try {
    for (;;) {
      const message = await stream.next();
      if (message === undefined) return "finished";
      if (isOver()) continue;
      if (message.kind === "publishNamespace" && repeated !== undefined) {
        repeated(message);
        continue;
      }
      if (message.kind !== "requestUpdate") {
        throw violation(`${message.kind} does not belong on the stream of ${NAMES[of]}`);
      }
      acceptUpdate(context, stream, message, of);
      const answer = await answerTo(message.parameters, { permit, update });
      outcomes[answer.ok ? "ok" : answer.refusal.kind]++;
      if (answer.ok) {
        stream.send(requestOk(answer.value));
        updated?.(message.parameters, message.requestId);
        continue;
      }
      stream.send(requestError(answer.refusal));
      return answer.refusal;
    }
  } catch (error) {
    if (!isTransportEnd(error)) throw error;
    return "broken_off";
  }
}

async function answerTo(
  parameters: Update,
  { permit, update }: Pick<Updatable, "permit" | "update">,
): Promise<UpdateAnswer> {
  const { authorizationTokens: tokens } = parameters;
  if (tokens !== undefined) {
    const renewed = await permit?.renew(tokens);
    if (renewed?.ok === false) return renewed;
  }
  return await update(parameters);
}

/** Checks what every update must observe. */
export function acceptUpdate(
  { ids }: Pick<UpdateContext, "ids">,
  { rules }: RequestChannel,
  { parameters, requestId }: ControlMessageOf<"requestUpdate">,
  of: UpdatedRequest,
): void {
  const stray = outOfScope(parameters, rules.update[of]);
  if (stray !== undefined) {
    throw violation(`${stray} does not belong into an update of ${NAMES[of]}`);
  }
  ids.accept(requestId);
}

const NAMES: Readonly<Record<UpdatedRequest, string>> = {
  subscription: "a subscription",
  fetch: "FETCH",
  publish: "PUBLISH",
  publishNamespace: "PUBLISH_NAMESPACE",
  subscribeNamespace: "SUBSCRIBE_NAMESPACE",
  subscribeTracks: "SUBSCRIBE_TRACKS",
};
