/**
 * What runs in a browser: moq-dev's elements that publish a camera and play a broadcast, as npm has
 * them and as a page would use them.
 */
import "@moq/publish/element";
import "@moq/watch/element";
import { FIELDS, numberOf, type Pixels } from "./numbered_picture.ts";

const seen: (number | undefined)[] = [];

/** Publishes the camera of this machine, and its microphone. */
function publishCamera(url: string, name: string): void {
  document.body.innerHTML =
    `<moq-publish url="${url}" name="${name}" source="camera"><video muted></video></moq-publish>`;
}

/** Plays a broadcast, and notes each picture that is not the same as the one before. */
function play(url: string, name: string): void {
  document.body.innerHTML =
    `<moq-watch url="${url}" name="${name}" muted><canvas></canvas></moq-watch>`;
  const small = document.createElement("canvas");
  [small.width, small.height] = FIELDS;
  const pixels = small.getContext("2d", { willReadFrequently: true });
  const look = () => {
    pixels.drawImage(document.querySelector("canvas"), 0, 0, ...FIELDS);
    const number = numberOf(pixels.getImageData(0, 0, ...FIELDS));
    // Before the first one the canvas is empty.
    if (seen.length === 0 ? number !== undefined : number !== seen.at(-1)) seen.push(number);
    requestAnimationFrame(look);
  };
  look();
}

/** Resolves when so many pictures were seen, to their numbers; undefined is one that is none of ours. */
async function pictures(count: number): Promise<(number | undefined)[]> {
  while (seen.length < count) await new Promise(requestAnimationFrame);
  return seen;
}

/** What the page offers to whoever drives the browser. */
export interface CameraPage {
  readonly publishCamera: typeof publishCamera;
  readonly play: typeof play;
  readonly pictures: typeof pictures;
}

Object.assign(globalThis, { publishCamera, play, pictures } satisfies CameraPage);

// Deno's types have nothing of a browser's page: this is what is used of it.
interface Canvas {
  width: number;
  height: number;
  getContext(kind: "2d", options: object): {
    drawImage(canvas: Canvas, ...place: readonly number[]): void;
    getImageData(x: number, y: number, width: number, height: number): Pixels;
  };
}
declare const document: {
  readonly body: { innerHTML: string };
  createElement(name: "canvas"): Canvas;
  querySelector(name: "canvas"): Canvas;
};
declare function requestAnimationFrame(then: (time: number) => void): void;
