/** A client of other people shows its tokens with requests, as values and by aliases. */
import { type Draft, drafts, multiplexedDrafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { Deadline } from "../support/deadline.ts";
import { answerRequests } from "../support/faults/canary.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { openSubgroup } from "../support/peers/scripted_objects.ts";
import { announce } from "../support/peers/scripted_requests.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { until } from "../support/until.ts";
import {
  AIOMOQT_DRAFTS,
  type AiomoqtAnswer,
  type AiomoqtRequest,
  AiomoqtRequests,
  type RequestToken,
} from "./aiomoqt_requests.ts";
import { pythonMissing } from "./python.ts";
import { SHOWN, type ShownToken, STOLEN, TOKENS_CONFIG } from "./shown_tokens.ts";

const REQUESTS: readonly AiomoqtRequest[] = [
  "subscribe",
  "fetch",
  "track_status",
  "subscribe_namespace",
  "publish_namespace",
  "publish",
];

const ALIAS = 7n;
const [GOOD, ...OTHERS] = SHOWN as readonly [ShownToken, ...ShownToken[]];
const EXPIRED = OTHERS.find(({ refused }) => refused === "expired_auth_token")!;

let minted = 0;

/** What is told to who shows this: never the token, but which one it was and why. */
function reasonOf({ what, said }: ShownToken, id: string): RegExp {
  if (what === "no token") return /^nothing allows the peer to /;
  if (what === "one for another path") return new RegExp(`^token ${id} does not allow to `);
  return said(id);
}

/** The number by which a draft refuses a request; 14 has tables of its own, and not everything in each. */
function codeOf(draft: Draft, request: AiomoqtRequest, refused: ShownToken["refused"]): number {
  const isUnnamed = draft.number === 14 && request === "publish" && refused !== "unauthorized";
  return isUnnamed ? draft.requestCodes.internal_error : draft.requestCodes[refused!]!;
}

async function publisherAt(relay: RelayProcess): Promise<ScriptedPeer> {
  const value = new TextEncoder().encode((await GOOD.mint("publisher"))!);
  const authorizationTokens = [{ alias: "none", type: 0n, value }] as const;
  const publisher = await ScriptedPeer.dial(relay, {
    setup: { path: "/demo", authorizationTokens },
  });
  void answerRequests(publisher, ALIAS).catch(() => {});
  await announce(publisher, "live");
  return publisher;
}

for (const draft of [...drafts, ...multiplexedDrafts]) {
  if (!AIOMOQT_DRAFTS.includes(draft.number)) continue;
  optionalTest(
    `aiomoqt by draft ${draft.number} may do what the tokens of its requests allow`,
    pythonMissing("aiomoqt"),
    () => requestsBy(draft),
  );
}

async function requestsBy(draft: Draft): Promise<void> {
  using deadline = new Deadline();
  await using controller = await SdnProcess.start();
  await controller.tell("POST", "/revoke", { kind: "token", value: STOLEN, reason: "a test" });
  for (const transport of ["quic", "webtransport"] as const) {
    await using relay = await startRelay({
      auth: { ...TOKENS_CONFIG, late_tokens: true },
      sdn: { urls: [controller.url], relay_name: transport },
    });
    const publisher = await publisherAt(relay);
    const way = { draft: draft.number, transport, path: "/demo" } as const;
    await using client = new AiomoqtRequests(relay, way);
    const ask: Ask = (request, token) =>
      deadline.for(`an answer to ${request} over ${transport}`, client.ask(request, token));
    await asksByValues(ask, { draft, publisher });
    await asksByAliases(ask, draft);
    const { unknown_auth_token_alias: code } = draft.sessionCodes;
    const end = new RegExp(`"session ended".*"code":${code},`);
    await until(`${end} in the log`, () => end.test(relay.log()));
    assert.doesNotMatch(relay.log(), /eyJ/, "A token is logged");
    publisher.close();
  }
}

type Ask = (request: AiomoqtRequest, token?: RequestToken) => Promise<AiomoqtAnswer>;

async function asksByValues(
  ask: Ask,
  { draft, publisher }: { readonly draft: Draft; readonly publisher: ScriptedPeer },
): Promise<void> {
  for (const request of REQUESTS) {
    for (const row of OTHERS) {
      const id = `t${minted++}`;
      const value = await row.mint(id);
      const { code, reason = "" } = await ask(request, value === undefined ? undefined : { value });
      assert.equal(code, codeOf(draft, request, row.refused), `${request} with ${row.what}`);
      assert.match(reason, reasonOf(row, id));
    }
    const token = { value: (await GOOD.mint(`t${minted++}`))! };
    assert.deepEqual(await ask(request, token), {}, request);
    if (request !== "subscribe") continue;
    const group = await openSubgroup(publisher, { alias: ALIAS, group: 0n });
    await group.send({ id: 0, payload: "there is something to fetch" });
    await group.finish();
  }
}

async function asksByAliases(ask: Ask, { requestCodes }: Draft): Promise<void> {
  const alias = 3;
  const codeWith = async (token: RequestToken) => (await ask("track_status", token)).code;
  const register = async (row: ShownToken) => {
    const value = (await row.mint(`t${minted++}`))!;
    return await codeWith({ operation: "REGISTER", alias, value });
  };
  const use = () => codeWith({ operation: "USE_ALIAS", alias });
  const remove = () => codeWith({ operation: "DELETE", alias });
  const { unauthorized, expired_auth_token } = requestCodes;
  assert.equal(await register(GOOD), undefined);
  assert.equal(await use(), undefined);
  assert.equal(await remove(), unauthorized);
  // A request that is refused registers its token all the same.
  assert.equal(await register(EXPIRED), expired_auth_token);
  assert.equal(await use(), expired_auth_token);
  assert.equal(await remove(), unauthorized);
  assert.equal(await register(GOOD), undefined);
  // Nobody registered this one, which ends the session.
  const { reason = "" } = await ask("track_status", { operation: "USE_ALIAS", alias: alias + 1 });
  assert.match(reason, /^session closed/);
}
