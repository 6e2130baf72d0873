/** What runs in a browser: hls.js, as npm has it, that plays a broadcast. */
import Hls from "hls.js";
import { FIELDS, numberOf, type Pixels } from "./numbered_picture.ts";

const seen: (number | undefined)[] = [];
const errors: string[] = [];

/**
 * Plays a broadcast, at the newest part or, as players do that know no parts, some segments behind;
 * notes each numbered picture that is not the same as the one before.
 */
function playHls(url: string, lowLatencyMode = true): void {
  document.body.innerHTML = "<video muted playsinline></video>";
  const video = document.querySelector("video");
  const hls = new Hls({ lowLatencyMode });
  hls.on(Hls.Events.ERROR, (_event, { details, fatal }) => {
    errors.push(`${details}${fatal ? " (fatal)" : ""}`);
  });
  hls.loadSource(url);
  hls.attachMedia(video as never);
  void video.play().catch((error: unknown) => errors.push(String(error)));
  const small = document.createElement("canvas");
  [small.width, small.height] = FIELDS;
  const pixels = small.getContext("2d", { willReadFrequently: true });
  const look = () => {
    pixels.drawImage(video, 0, 0, ...FIELDS);
    const number = numberOf(pixels.getImageData(0, 0, ...FIELDS));
    if (number !== undefined && number !== seen.at(-1)) seen.push(number);
    requestAnimationFrame(look);
  };
  look();
}

/** The numbers of the pictures that were seen so far, and what went wrong. */
function hlsSeen() {
  return { seen, errors, time: document.querySelector("video").currentTime };
}

/** What the page offers to whoever drives the browser. */
export interface HlsPage {
  readonly playHls: typeof playHls;
  readonly hlsSeen: typeof hlsSeen;
}

Object.assign(globalThis, { playHls, hlsSeen } satisfies HlsPage);

// Deno's types have nothing of a browser's page: this is what is used of it.
interface Video {
  readonly currentTime: number;
  play(): Promise<void>;
}
interface Canvas {
  width: number;
  height: number;
  getContext(kind: "2d", options: object): {
    drawImage(video: Video, ...place: readonly number[]): void;
    getImageData(x: number, y: number, width: number, height: number): Pixels;
  };
}
declare const document: {
  readonly body: { innerHTML: string };
  createElement(name: "canvas"): Canvas;
  querySelector(name: "video"): Video;
};
declare function requestAnimationFrame(then: (time: number) => void): void;
