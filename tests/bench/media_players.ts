import { sleep, systemClock } from "@qumo/shared/runtime";
import { STREAM } from "./film_sender.ts";
import { LoadPeer } from "./load_peer.ts";
import { MediaLoad } from "./media_load.ts";
import { startRelay } from "./server_process.ts";

const PLAYERS = 100;
const WARM_UP = 5_000;
/** How often memory is looked at, to see where it ends. */
const SAMPLES = 6;

/** Who watches the picture of an encoder meanwhile. */
const AUDIENCES = {
  "nobody but one player of HLS": { hls: 1, moq: 0 },
  [`${PLAYERS} players of HLS`]: { hls: PLAYERS, moq: 0 },
  [`${PLAYERS} subscribers over MoQ`]: { hls: 0, moq: PLAYERS },
};

/** What a relay takes for so many players of one track over HLS, beside as many subscribers. */
export async function mediaPlayers(
  seconds: number,
  print: (result: object) => void,
): Promise<void> {
  for (const [watching, { hls, moq }] of Object.entries(AUDIENCES)) {
    await using media = await MediaLoad.prepare({ players: hls, isSilent: true });
    await using relay = await startRelay(media.env);
    await using _playing = await media.start(relay);
    const peers: LoadPeer[] = [];
    let objects = 0;
    try {
      for (let peer = 0; peer < moq; peer++) peers.push(await subscribe(relay, () => objects++));
      await sleep(systemClock, WARM_UP);
      const [before, objectsBefore, cpu] = [media.counts(), objects, await relay.cpuSeconds()];
      const start = systemClock.now();
      const resident = [await relay.residentBytes()];
      for (let sample = 1; sample <= SAMPLES; sample++) {
        await sleep(systemClock, start + sample * seconds * 1000 / SAMPLES - systemClock.now());
        resident.push(await relay.residentBytes());
      }
      const passed = (systemClock.now() - start) / 1000;
      const after = media.counts();
      print({
        case: "players of one track",
        watching,
        cpu: (await relay.cpuSeconds() - cpu) / passed,
        requests_per_second: (after.requests - before.requests) / passed,
        objects_per_second: (objects - objectsBefore) / passed,
        hls_mbit_per_second: (after.bytes - before.bytes) * 8 / 1e6 / passed,
        rss_mib: resident.map((bytes) => Math.round(bytes / MIB)),
      });
    } finally {
      for (const peer of peers) peer.close();
    }
  }
}

async function subscribe(
  relay: { readonly port: number; readonly certificateHash: string },
  arrived: () => void,
): Promise<LoadPeer> {
  const peer = await LoadPeer.connect(relay);
  void peer.receive(arrived);
  await peer.setUp();
  const encoder = new TextEncoder();
  const namespace = STREAM.map((part) => encoder.encode(part));
  await peer.subscribe({ namespace, name: encoder.encode("video") });
  return peer;
}

const MIB = 1024 * 1024;
