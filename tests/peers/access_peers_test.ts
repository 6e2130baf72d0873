/** Clients of other people show tokens in every dialect that they speak: who is let in is in the table. */
import { type Draft, drafts, liteVersionOf, multiplexedDrafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { until } from "../support/until.ts";
import { connectChromium } from "./browser_peer.ts";
import { moqCliMissing, publishFilm } from "./moq_cli.ts";
import { SHOWN, type ShownToken, STOLEN, TOKENS_CONFIG } from "./shown_tokens.ts";
import { TOKEN_CLIENTS, type TokenClient, type Visit, type Way } from "./token_clients.ts";

for (const client of TOKEN_CLIENTS) {
  optionalTest(
    `${client.name} comes in by its token alone, in every dialect`,
    client.missing,
    () => visitAll(client),
  );
}

const moqCli: TokenClient = {
  name: "moq-cli",
  missing: moqCliMissing,
  ways: [{
    protocol: "its own choice",
    transport: "webtransport",
    place: "URL",
    come(relay, token) {
      const film = publishFilm(relay, "cam", token === undefined ? "/demo" : `/demo?jwt=${token}`);
      return Promise.resolve({ close: () => film[Symbol.asyncDispose]() });
    },
  }],
};

optionalTest("moq-cli comes in by its token alone", moqCli.missing, () => visitAll(moqCli));

function inChromium(browser: Browser): TokenClient {
  return {
    name: "@moq/net in Chromium",
    takesWhatIsOffered: true,
    ways: ["moqt-18", "moqt-20", "moq-lite-05"].map((protocol) => ({
      protocol,
      transport: "webtransport",
      place: "URL",
      async come(relay, token) {
        const path = token === undefined ? "/demo" : `/demo?jwt=${token}`;
        const peer = await connectChromium(browser, relay, path);
        return { close: () => peer.close() };
      },
    })),
  };
}

chromiumTest(
  "@moq/net in Chromium comes in by its token alone, in every dialect",
  (browser) => visitAll(inChromium(browser)),
);

async function visitAll({ name, ways, takesWhatIsOffered }: TokenClient): Promise<void> {
  await using controller = await SdnProcess.start();
  await controller.tell("POST", "/revoke", { kind: "token", value: STOLEN, reason: "a test" });
  const groups = takesWhatIsOffered ? Object.values(Object.groupBy(ways, byProtocol)) : [ways];
  for (const group of groups) {
    await using relay = await startRelay({
      auth: TOKENS_CONFIG,
      sdn: { urls: [controller.url], relay_name: "door" },
      ...(takesWhatIsOffered && { server: { protocols: [group![0]!.protocol] } }),
    });
    for (const way of group!) {
      for (const shown of SHOWN) {
        using deadline = new Deadline();
        const what = `${name} by ${way.protocol} over ${way.transport} with ${shown.what}`;
        try {
          await visit({ relay, controller, deadline, way }, shown);
        } catch (cause) {
          throw new Error(`${what} (${way.place}): ${cause}\n${relay.log()}`, { cause });
        }
      }
    }
  }
}

function byProtocol({ protocol }: Way): string {
  return protocol;
}

interface Ground {
  readonly relay: RelayProcess;
  readonly controller: SdnProcess;
  readonly deadline: Deadline;
  readonly way: Way;
}

let visits = 0;

/** Shows one token: only the good one lets in, until it is revoked, and none of them is logged. */
async function visit(ground: Ground, row: ShownToken): Promise<void> {
  const { relay, deadline, way } = ground;
  const id = `t${visits++}`;
  const token = await row.mint(id);
  const expected = expectedOf(way, row);
  const from = relay.log().length;
  const said = () => relay.log().slice(from);
  const visitor = await deadline.for("the client", way.come(relay, token).catch(() => undefined));
  try {
    await until(`${expected.said(id)} in the log`, () => expected.said(id).test(said()));
    if (expected.refused === undefined) {
      if (visitor === undefined) throw new Error("The client does not know that it was let in");
      await publish(ground, { visitor, row });
      await ground.controller.tell("POST", "/revoke", { kind: "token", value: id });
    }
    const end = ended(way, expected.refused ?? "unauthorized");
    await until(`${end} in the log`, () => end.test(said()));
    const isIn = /"session started"/.test(said());
    if (isIn !== (expected.refused === undefined)) throw new Error(`It was let in: ${isIn}`);
    if (visitor?.over !== undefined) await deadline.for("the client to know", visitor.over);
    if (token !== undefined && relay.log().includes(token.slice(0, 40))) {
      throw new Error("The token is logged");
    }
  } finally {
    await deadline.for("the client to leave", Promise.resolve(visitor?.close()));
  }
}

function expectedOf({ place, saysNoPath }: Way, row: ShownToken): ShownToken {
  if (place === "none") return NOTHING_SHOWN;
  // Without a path nothing is foreign: it comes in, and finds out with its first request.
  return saysNoPath && row === ELSEWHERE ? GOOD : row;
}

const GOOD = SHOWN[0]!;
const NOTHING_SHOWN = SHOWN.find(({ what }) => what === "no token")!;
const ELSEWHERE = SHOWN.find(({ what }) => what === "one for another path")!;

/** Whoever is in may publish what its token is for, and nothing else. */
async function publish(
  { deadline, way }: Ground,
  { visitor, row }: { readonly visitor: Visit; readonly row: ShownToken },
): Promise<void> {
  if (visitor.publish === undefined) return;
  const path = way.saysNoPath ? "demo/cam" : "cam";
  const code = await deadline.for("an answer", visitor.publish(path));
  const { requestCodes } = draftNamed(way.protocol)!;
  const expected = row === GOOD ? undefined : requestCodes.unauthorized;
  assert.equal(code, expected && BigInt(expected));
}

/** How the log says that a session ended for this reason, with the number of its dialect. */
function ended({ protocol }: Way, reason: "unauthorized" | "expired_auth_token"): RegExp {
  const dialect = draftNamed(protocol) ?? liteVersionOf(protocol);
  const code = dialect?.sessionCodes[reason] ?? "\\d+";
  return new RegExp(`"session ended".*"end":"unauthorized".*"code":${code},`);
}

function draftNamed(protocol: string): Draft | undefined {
  return [...drafts, ...multiplexedDrafts].find((draft) => draft.protocol === protocol);
}
