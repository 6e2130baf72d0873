/** What the guide says of other people's clients and their tokens is what is tested. */
import assert from "node:assert/strict";
import { AIOMOQT_DRAFTS } from "../peers/aiomoqt_requests.ts";
import { TOKEN_CLIENTS, type TokenClient, type Way } from "../peers/token_clients.ts";

const GUIDE = new URL("../../relay/docs/internet.md", import.meta.url);

function cell(protocols: readonly string[]): string {
  const isLite = (protocol: string) => protocol.startsWith("moq-lite");
  const numbers = (chosen: readonly string[]) =>
    chosen.map((one) => one === "moq-00" ? "14" : one.split("-").at(-1)).join(", ");
  const drafts = numbers(protocols.filter((one) => !isLite(one)));
  const lite = numbers(protocols.filter(isLite));
  return [drafts, lite && `lite ${lite}`].filter((part) => part !== "").join("; ") || "–";
}

function rowOf({ name, ways }: TokenClient): string[] {
  const by = (place: Way["place"]) => [
    ...new Set(ways.filter((way) => way.place === place).map(({ protocol }) => protocol)),
  ];
  const requests = name === "aiomoqt" ? AIOMOQT_DRAFTS.join(", ") : "–";
  return [name, cell(by("URL")), cell(by("PATH")), cell(by("SETUP")), requests];
}

Deno.test("the guide says where each client shows its token, as the tests of clients have it", async () => {
  const lines = (await Deno.readTextFile(GUIDE)).split("\n");
  const rows = lines.filter((line) => line.startsWith("|")).map((line) =>
    line.split("|").slice(1, 6).map((text) => text.trim().replaceAll("`", ""))
  );
  for (const client of TOKEN_CLIENTS) {
    const expected = rowOf(client);
    assert.deepEqual(rows.find(([name]) => name === expected[0]), expected);
  }
});
