/** Our relay in one mesh with moq-dev's: as `upstream`, and as who is called. */
import { generate } from "@moq/token";
import { importJWK, type JWK, SignJWT } from "jose";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { moqRelayMissing, startMoqRelay } from "../peers/moq_relay.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { moqNetBy } from "../support/peers/moq_net.ts";
import type { Peer } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";

const GROUPS = 3;
const OBJECTS = 4;

/** A dialect, as moq-relay and as its token name it. */
type Dialect = readonly [name: string, token: string];

/** What links speak, and clients. */
const DIALECTS: readonly { readonly link: Dialect; readonly clients: Dialect }[] = [
  ...[22, 21, 20, 19, 18, 17].map((draft) => ({
    link: [`moq-transport-${draft}`, `moqt-${draft}`] as const,
    clients: ["moq-lite-05", "moq-lite-05"] as const,
  })),
  // Of 06 and 05 moq-relay takes the newer one.
  ...["06", "05", "04", "03"].map((version) => {
    const link = [`moq-lite-${version}`, `moq-lite-${version}`] as const;
    return { link, clients: version === "06" ? ["moq-lite-05", "moq-lite-05"] as const : link };
  }),
];

/** A publisher, and viewers that are there from the beginning and others that come when nothing is new. */
class Show implements AsyncDisposable {
  readonly #protocol: string;
  readonly #deadline: Deadline;
  readonly #ends = new AsyncDisposableStack();

  constructor(protocol: string, deadline: Deadline) {
    this.#protocol = protocol;
    this.#deadline = deadline;
  }

  async join(server: QuicServerAddress): Promise<Peer> {
    const peer = await this.#deadline.for("a session", moqNetBy(this.#protocol)(server));
    this.#ends.defer(() => peer.close());
    return peer;
  }

  /** What is published at one relay is seen at the others, also by who comes late. */
  async plays(path: string, at: QuicServerAddress, others: readonly QuicServerAddress[]) {
    const deadline = this.#deadline;
    const publisher = await this.join(at);
    const publication = await deadline.for("the namespace", publisher.publish(path, ["video"]));
    const watch = async (server: QuicServerAddress) => {
      const viewer = await this.join(server);
      await deadline.for("the announcement", viewer.announced(path));
      return await deadline.for("a viewer", viewer.watch(path, "video"));
    };
    const early = await Promise.all(others.map(watch));
    await deadline.for("the subscriber", publication.subscribed("video"));
    let last = 0;
    for (let count = 0; count < GROUPS; count++) {
      const group = await deadline.for("a group", publication.startGroup("video"));
      await writeObjects(group, 0, OBJECTS);
      await group.end();
      last = group.id;
      for (const viewer of early) await readObjects(viewer, last, 0, OBJECTS, deadline);
    }
    // As with a catalog, which does not change any more.
    for (const server of others) {
      await readObjects(await watch(server), last, 0, OBJECTS, deadline);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
  }
}

for (const { link: [dialect, protocol], clients: [spoken, token] } of DIALECTS) {
  optionalTest(
    `a moq-relay is upstream of two of our relays by ${protocol}`,
    moqRelayMissing,
    async () => {
      using deadline = new Deadline();
      await using theirs = await startMoqRelay({ speaks: [dialect, spoken] });
      const upstream = [theirs.upstream];
      await using ours = await startRelayInProcess({ upstream });
      await using far = await startRelayInProcess({ upstream });
      await using show = new Show(token, deadline);
      await show.plays("at/theirs", theirs, [ours, far]);
      await show.plays("at/ours", ours, [theirs, far]);
      speaks(ours, protocol);
    },
  );

  optionalTest(
    `two moq-relays that call ours by ${protocol} have each other's tracks`,
    moqRelayMissing,
    async () => {
      using deadline = new Deadline();
      await using ours = await startRelayInProcess();
      const calls = { server: ours, by: dialect };
      await using one = await startMoqRelay({ speaks: [spoken], calls });
      await using two = await startMoqRelay({ speaks: [spoken], calls });
      await using show = new Show(token, deadline);
      await show.plays("at/one", one, [two, ours]);
      await show.plays("at/ours", ours, [one, two]);
      speaks(ours, protocol);
    },
  );
}

optionalTest(
  "two moq-relays with tokens of relays call ours, which asks for them",
  moqRelayMissing,
  async () => {
    using deadline = new Deadline();
    const key = await generate("HS256", "users");
    // @moq/token of today knows the claim no more.
    const token = await new SignJWT({ root: "", put: "", get: "", cluster: true })
      .setProtectedHeader({ alg: "HS256", kid: "users" })
      .sign(await importJWK(key as JWK, "HS256"));
    const auth = { ...DEFAULTS.auth, mode: "token", keys: ["users.jwk"] } as const;
    await using ours = await startRelayInProcess({ auth }, { "users.jwk": JSON.stringify(key) });
    const calls = { server: ours, by: "moq-transport-22", token };
    await using one = await startMoqRelay({ speaks: ["moq-lite-05"], calls });
    await using two = await startMoqRelay({ speaks: ["moq-lite-05"], calls });
    await using show = new Show("moq-lite-05", deadline);
    await show.plays("at/one", one, [two]);
    speaks(ours, "moqt-22");
    assert.ok(!JSON.stringify(ours.lines.map(({ fields }) => fields)).includes(token));
  },
);

/** Fails unless a session of this relay is by the protocol. */
function speaks({ lines }: RelayInProcess, protocol: string): void {
  const begun = lines.filter(({ text }) => text === "info: session started");
  assert.ok(begun.some(({ fields }) => fields.protocol === protocol), JSON.stringify(begun));
}
