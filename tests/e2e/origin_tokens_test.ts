/** Origins that let nobody in without a token: relays of ours that know each other, and others. */
import { generate, type Key, sign } from "@moq/token";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import type { RelayConfig } from "../../relay/config.ts";
import { Deadline } from "../support/deadline.ts";
import { moqNetBy } from "../support/peers/moq_net.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { until } from "../support/until.ts";

const PATH = "at/origin";

const users = await generate("HS256", "users");
const mesh = await generate("HS256", "mesh");
const text = (key: Key) => JSON.stringify(key);
const files = {
  "users.jwk": text(users),
  "mesh.jwk": text(mesh),
  "other.jwk": text(await generate("HS256", "mesh")),
  "origin.jwt": `${await sign(users, { root: "", get: "" })}\n`,
};

/** Anybody may publish here, and nobody watch without a token. */
const ORIGIN: Partial<RelayConfig> = {
  auth: {
    ...DEFAULTS.auth,
    mode: "token",
    keys: ["users.jwk"],
    public: { publish: ["at"], subscribe: [] },
  },
  relay: { ...DEFAULTS.relay, nodeId: "hub" },
  mesh: { ...DEFAULTS.mesh, trustedKeys: ["mesh.jwk"] },
};

function edge(origin: RelayInProcess, terms: string, keyFile = ""): Promise<RelayInProcess> {
  const { port, certificateHash } = origin;
  return startRelayInProcess({
    upstream: [`moqt://127.0.0.1:${port}#sha256=${certificateHash.toHex()}${terms}`],
    relay: { ...DEFAULTS.relay, nodeId: "edge" },
    mesh: { ...DEFAULTS.mesh, keyFile },
  }, files);
}

for (
  const [what, terms, keyFile] of [
    ["a token in a file, by moqt-18", "&token_file=origin.jwt&protocols=moqt-18", ""],
    ["a token in a file, by moqt-22", "&token_file=origin.jwt&protocols=moqt-22", ""],
    ["a token in a file, by moq-lite-05", "&token_file=origin.jwt&protocols=moq-lite-05", ""],
    ["the proof of its name", "&name=hub", "mesh.jwk"],
  ] as const
) {
  Deno.test(`viewers at a relay that shows its origin ${what} have what is published there`, async () => {
    using deadline = new Deadline();
    await using origin = await startRelayInProcess(ORIGIN, files);
    await using relay = await edge(origin, terms, keyFile);
    await using ends = new AsyncDisposableStack();
    const join = async (at: RelayInProcess) => {
      const peer = await deadline.for("a session", moqNetBy("moq-lite-05")(at));
      ends.defer(() => peer.close());
      return peer;
    };
    const publication = await (await join(origin)).publish(PATH, ["video"]);
    const viewer = await join(relay);
    await deadline.for("the announcement", viewer.announced(PATH));
    const watch = await deadline.for("a viewer", viewer.watch(PATH, "video"));
    await deadline.for("the subscriber", publication.subscribed("video"));
    const group = await publication.startGroup("video");
    await writeObjects(group, 0, 3);
    await group.end();
    await readObjects(watch, group.id, 0, 3, deadline);
    for (const { lines } of [origin, relay]) {
      const said = JSON.stringify(lines.map(({ text, fields }) => [text, fields]));
      assert.ok(!said.includes(files["origin.jwt"].trim()), "a token is in the log");
    }
  });
}

for (
  const [what, terms, keyFile, reason] of [
    ["nothing", "", "", /does not prove|no token/],
    ["a key of another mesh", "&name=hub", "other.jwk", /no key of this mesh/],
    ["what is for another relay", "&name=rome", "mesh.jwk", /for another relay/],
  ] as const
) {
  Deno.test(`a relay that shows its origin ${what} is turned away`, async () => {
    await using origin = await startRelayInProcess(ORIGIN, files);
    await using _relay = await edge(origin, terms, keyFile);
    await until(
      "the end of a session",
      () =>
        origin.lines.some(({ text, fields }) =>
          text === "info: session ended" && reason.test(String(fields.reason))
        ),
    );
  });
}
