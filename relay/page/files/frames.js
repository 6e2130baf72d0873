/**
 * How the library comes to the pictures of a track. It asks the browser for them by
 * MediaStreamTrackProcessor, and where there is none it stops while the page is in the background;
 * so that nothing freezes when somebody looks at another tab, the page gives it one of its own.
 */

/** The canvases that stand for tracks. */
const canvases = new WeakMap();

const native = globalThis.MediaStreamTrackProcessor;

globalThis.MediaStreamTrackProcessor = class {
  readable;

  constructor({ track }) {
    const canvas = canvases.get(track);
    if (canvas !== undefined) this.readable = frames(() => new VideoFrame(canvas, now()));
    else if (native !== undefined) this.readable = new native({ track }).readable;
    else this.readable = framesOfTrack(track);
  }
};

/** Lets the pictures of a track be those of a canvas. */
export function standFor(track, canvas) {
  canvases.set(track, canvas);
}

/** Where there is no other way, a video element shows the track and is asked for its pictures. */
function framesOfTrack(track) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
  const playing = video.play();
  const stop = () => video.srcObject = null;
  return frames(async () => {
    await playing;
    return video.videoWidth === 0 ? undefined : new VideoFrame(video, now());
  }, stop);
}

/** A picture at each tick, if somebody takes it. */
function frames(take, stop = () => {}) {
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        await tick();
        const frame = await take();
        if (frame !== undefined) return controller.enqueue(frame);
      }
    },
    cancel: stop,
  }, { highWaterMark: 0 });
}

const now = () => ({ timestamp: Math.round(performance.now() * 1000) });

let worker;
let ticking;

/** Resolves when the next picture is due, also while nobody looks at the page. */
export function tick() {
  worker ??= makeWorker();
  ticking ??= new Promise((resolve) => {
    worker.onmessage = () => {
      ticking = undefined;
      resolve();
    };
    worker.postMessage(undefined);
  });
  return ticking;
}

function makeWorker() {
  const address = () => new URL("ticker.js", import.meta.url).href;
  const policy = globalThis.trustedTypes?.createPolicy("ticker", { createScriptURL: address });
  return new Worker(policy?.createScriptURL("") ?? address());
}
