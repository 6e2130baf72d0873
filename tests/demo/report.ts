import type { Latency } from "../bench/latency.ts";
import { GROUP_OBJECTS, RATE } from "./video.ts";
import type { Viewer } from "./viewer.ts";

/** What happened in the last second or so. */
export interface Moment {
  readonly second: number;
  /** Seconds that it is about. */
  readonly length: number;
  readonly objects: number;
  readonly bytes: number;
  readonly latency: Latency;
  readonly groups: number;
  readonly lost: number;
}

/** Where the relay is, and how anybody can watch too. */
export function introduction(port: number, hash: string, path: string, track: string): string {
  const at = `127.0.0.1:${port}`;
  return `A relay, a publisher and two viewers: video of ${RATE} objects/s in groups of ${GROUP_OBJECTS}.

relay        https://${at} (WebTransport), moqt://${at} (QUIC)
status       http://${at}/status, http://${at}/metrics
certificate  sha256 ${hash}
watch too    with any client of moqt-18: namespace ${path}, track ${track}; a browser needs
             serverCertificateHashes with the hash above, also at http://${at}/certificate.sha256
`;
}

/** A line for a moment, both viewers together. */
export function liveLine({ second, length, objects, bytes, latency, groups, lost }: Moment) {
  return [
    `${second} s`.padStart(5),
    `${(objects / length).toFixed(1)} objects/s`,
    `${megabits(bytes, length)} Mbit/s`,
    `p50/p99 ${milliseconds(latency, 0.5)}/${milliseconds(latency, 0.99)} ms`,
    `groups ${groups}`,
    `lost ${lost}`,
  ].join("  ");
}

/** What each viewer had over the whole time; `missing` is what of it never came. */
export function summary(
  viewers: readonly Viewer[],
  seconds: number,
  missing: (viewer: Viewer) => number,
): string {
  const lines = viewers.map((viewer) =>
    [
      viewer.name.padEnd(26),
      `objects ${viewer.objects}`,
      `groups ${viewer.groups}`,
      `${megabits(viewer.bytes, seconds)} Mbit/s`,
      `p50 ${milliseconds(viewer.latency, 0.5)} ms`,
      `p99 ${milliseconds(viewer.latency, 0.99)} ms`,
      `lost ${missing(viewer)}`,
      `damaged ${viewer.damaged}`,
    ].join("  ")
  );
  return `\nIn ${seconds.toFixed(1)} s:\n${lines.join("\n")}`;
}

function megabits(bytes: number, seconds: number): string {
  return (bytes * 8 / 1e6 / seconds).toFixed(2);
}

function milliseconds(latency: Latency, share: number): string {
  return latency.percentile(share)?.toFixed(1) ?? "–";
}
