import type { Latency } from "../../relay/client/bench/latency.ts";
import type { MeshRelay } from "../support/mesh/relay.ts";
import { GROUP_OBJECTS, RATE } from "./video.ts";
import type { Viewer } from "./viewer.ts";

/** Where everything is, and how anybody can watch too. */
export function openingText(
  { page, relays, path, track }: {
    page: string;
    relays: readonly MeshRelay[];
    path: string;
    track: string;
  },
): string {
  const lines = relays.map(({ name, port, certificateHash }) => {
    const at = `127.0.0.1:${port}`;
    return `${
      name.padEnd(12)
    } https://${at} (WebTransport), moqt://${at} (QUIC), http://${at}/ (page)
${" ".repeat(12)} certificate sha256 ${certificateHash.toHex()}`;
  });
  return `watch it     ${watchUrl(relays.at(-1)!, path)}

A controller, three relays, a publisher at tokyo: video of ${RATE} objects/s in groups of ${GROUP_OBJECTS}.

the page     ${page}/ (the controller's)
${lines.join("\n")}
watch too    with any client of MoQT or moq-lite, at any of the relays: namespace ${path}, track ${track}; a
             browser needs serverCertificateHashes with the hash above

Ctrl-C ends it and says what was lost.
`;
}

/** Where the picture is to be seen: at the last relay, behind the others. */
function watchUrl({ hostname, port }: MeshRelay, path: string): string {
  return `http://${hostname}:${port}/watch?name=${path}`;
}

/**
 * What a viewer had in the last second or so; `way` are the relays from the next one to the source. A
 * terminal of 80 columns shows everything up to the latency.
 */
export function liveLine(
  viewer: Viewer,
  { second, rate, megabits, way }: {
    second: number;
    rate: number;
    megabits: number;
    way: readonly string[] | undefined;
  },
): string {
  return [
    `${second} s`.padStart(5),
    viewer.relay.padEnd(7),
    wayText(way).padEnd(LONGEST_WAY),
    `${rate.toFixed(1)} obj/s`,
    `lost ${viewer.lost}`,
    `p50/p99 ${milliseconds(viewer.lately, 0.5)}/${milliseconds(viewer.lately, 0.99)} ms`,
    `${megabits.toFixed(2)} Mbit/s`,
    `groups ${viewer.groups}`,
  ].join("  ");
}

const LONGEST_WAY = "2 hops: london, tokyo".length;

/** The hops of a way. */
export function wayText(way: readonly string[] | undefined): string {
  if (way === undefined || way.length === 0) return "no way";
  return `${way.length} ${way.length === 1 ? "hop" : "hops"}: ${way.join(", ")}`;
}

/** What each viewer had over the whole time; `missing` is what of it never came. */
export function summary(
  viewers: readonly Viewer[],
  { seconds, published, missing }: {
    seconds: number;
    published: number;
    missing: (viewer: Viewer) => number;
  },
): string {
  const lines = viewers.map((viewer) =>
    [
      viewer.name.padEnd(34),
      `objects ${viewer.objects} of ${published}`,
      `groups ${viewer.groups}`,
      `${(viewer.bytes * 8 / 1e6 / seconds).toFixed(2)} Mbit/s`,
      `p50 ${milliseconds(viewer.latency, 0.5)} ms`,
      `p99 ${milliseconds(viewer.latency, 0.99)} ms`,
      `lost ${missing(viewer)}`,
      `damaged ${viewer.damaged}`,
    ].join("  ")
  );
  return `\nIn ${seconds.toFixed(1)} s:\n${lines.join("\n")}`;
}

function milliseconds(latency: Latency, share: number): string {
  const value = latency.percentile(share);
  return value === undefined ? "–" : value.toFixed(value < 100 ? 1 : 0);
}
