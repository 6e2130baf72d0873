/** How old each picture was when it was first seen, and when the first one was. */
export interface Ages {
  /** Milliseconds. */
  readonly ages: readonly number[];
  /** Milliseconds from the beginning until there was a picture. */
  readonly first: number;
}

/** What is read, and for how long. */
export interface Reading {
  /** Of the canvas or video that shows a clock. */
  readonly selector: string;
  readonly bits: number;
  /** After the first picture, while players find their place. */
  readonly settleMs: number;
  readonly measureMs: number;
}

/** Runs in a page: reads the time that a picture shows, at each that is new. */
export async function readClock(reading: Reading): Promise<Ages> {
  const { selector, bits, settleMs, measureMs } = reading;
  const small = document.createElement("canvas");
  [small.width, small.height] = [bits, 2];
  const pen = small.getContext("2d", { willReadFrequently: true });
  const begun = Date.now();
  const patience = begun + 60_000;
  const ages: number[] = [];
  let [last, first]: (number | undefined)[] = [];
  for (;;) {
    const now = Date.now();
    if (now > (first === undefined ? patience : first + settleMs + measureMs)) break;
    const picture = document.querySelector(selector);
    if (picture !== null) {
      pen.drawImage(picture, 0, 0, bits, 2);
      const { data } = pen.getImageData(0, 0, bits, 2);
      let [shown, inverse] = [0, 0];
      for (let bit = 0; bit < bits; bit++) {
        shown += Number(data[bit * 4]! > 128) << bit;
        inverse += Number(data[(bits + bit) * 4]! > 128) << bit;
      }
      // A picture that is torn, blurred or not there yet says nothing.
      if (shown + inverse === 2 ** bits - 1 && shown !== last) {
        first ??= now;
        last = shown;
        const age = (now - shown + 2 ** (bits + 20)) % 2 ** bits;
        if (now >= first + settleMs) ages.push(age);
      }
    }
    await new Promise(requestAnimationFrame);
  }
  if (first === undefined) throw new Error(`No picture: ${document.body.innerText.slice(0, 600)}`);
  return { ages, first: first - begun };
}

// Deno's types have nothing of a browser's page: this is what is used of it.
interface Canvas {
  width: number;
  height: number;
  getContext(kind: "2d", options: object): {
    drawImage(picture: unknown, ...place: readonly number[]): void;
    getImageData(...place: readonly number[]): { readonly data: Uint8ClampedArray };
  };
}
declare const document: {
  readonly body: { readonly innerText: string };
  createElement(name: "canvas"): Canvas;
  querySelector(selector: string): unknown;
};
declare function requestAnimationFrame(then: (time: number) => void): void;
