import type { Latency } from "../bench/latency.ts";
import type { MeshRelay } from "../support/mesh/relay.ts";
import { GROUP_OBJECTS, RATE } from "./video.ts";
import type { Viewer } from "./viewer.ts";

/** Where everything is, and how anybody can watch too. */
export function introduction(
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
    } https://${at} (WebTransport), moqt://${at} (QUIC), http://${at}/status
${" ".repeat(12)} certificate sha256 ${certificateHash.toHex()}`;
  });
  return `A controller, three relays, a publisher at tokyo: video of ${RATE} objects/s in groups of ${GROUP_OBJECTS}.

the page     ${page}/
${lines.join("\n")}
watch too    with any client of moqt-18, at any of the relays: namespace ${path}, track ${track}; a
             browser needs serverCertificateHashes with the hash above
`;
}

/** What a viewer had in the last second or so; `way` are the relays from the next one to the source. */
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
    viewer.relay.padEnd(8),
    wayText(way).padEnd(24),
    `${rate.toFixed(1)} objects/s`,
    `${megabits.toFixed(2)} Mbit/s`,
    `p50/p99 ${milliseconds(viewer.lately, 0.5)}/${milliseconds(viewer.lately, 0.99)} ms`,
    `groups ${viewer.groups}`,
    `lost ${viewer.lost}`,
  ].join("  ");
}

/** The hops of a way. */
export function wayText(way: readonly string[] | undefined): string {
  if (way === undefined || way.length === 0) return "no way";
  return `${way.length} ${way.length === 1 ? "hop" : "hops"}: ${way.join(", ")}`;
}

/** What each viewer had over the whole time; `missing` is what of it never came. */
export function summary(
  viewers: readonly Viewer[],
  seconds: number,
  missing: (viewer: Viewer) => number,
): string {
  const lines = viewers.map((viewer) =>
    [
      viewer.name.padEnd(34),
      `objects ${viewer.objects}`,
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
  return latency.percentile(share)?.toFixed(1) ?? "–";
}
