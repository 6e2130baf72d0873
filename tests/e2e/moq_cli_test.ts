/** moq-dev's command line publishes a film and watches it, through one of our relays and through two. */
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { moqCliMissing, publishFilm, watchFilm } from "../peers/moq_cli.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";

const BROADCAST = "live.hang";
const START_CODE = [0, 0, 0, 1];
/** More than the picture of one second. */
const LENGTH = 8_000;

/** The film is seen at each of these relays. */
async function seen(deadline: Deadline, relays: readonly RelayInProcess[]): Promise<void> {
  for (const relay of relays) {
    await using viewer = watchFilm(relay, BROADCAST);
    const film = await deadline.for("the film", viewer.read(LENGTH));
    assert.deepEqual([...film.subarray(0, START_CODE.length)], START_CODE);
    assert.ok(film.length >= LENGTH);
  }
}

function protocolsOf({ lines }: RelayInProcess): Set<unknown> {
  const begun = lines.filter(({ text }) => text === "info: session started");
  return new Set(begun.map(({ fields }) => fields.protocol));
}

for (const protocol of ["moq-lite-06", "moq-lite-05", "moqt-22", "moqt-18"]) {
  optionalTest(`moq publishes a film by ${protocol} and watches it`, moqCliMissing, async () => {
    using deadline = new Deadline();
    const server = { ...DEFAULTS.server, protocols: [protocol] };
    await using relay = await startRelayInProcess({ server });
    await using _film = publishFilm(relay, BROADCAST);
    await seen(deadline, [relay]);
    assert.deepEqual(protocolsOf(relay), new Set([protocol]));
  });
}

optionalTest(
  "moq publishes a film by moq-lite-06 at an edge, and watches it by moqt-22 at its origin",
  moqCliMissing,
  async () => {
    using deadline = new Deadline();
    const speaking = (protocols: string[]) => ({ ...DEFAULTS.server, protocols });
    await using origin = await startRelayInProcess({ server: speaking(["moqt-22"]) });
    await using edge = await startRelayInProcess({
      server: speaking(["moq-lite-06"]),
      upstream: [`moqt://127.0.0.1:${origin.port}`],
      mesh: { ...DEFAULTS.mesh, insecure: true },
    });
    await using _film = publishFilm(edge, BROADCAST);
    await seen(deadline, [origin, edge]);
    assert.deepEqual(protocolsOf(origin), new Set(["moqt-22"]));
  },
);
