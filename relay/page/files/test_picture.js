import { standFor, tick } from "./frames.js";

/** Pictures each second. */
const RATE = 30;

/** Fields of the strip below: the number of the picture in bits, bright for 1, the lowest first. */
export const STRIP_BITS = 16;

/** The strip's share of the height. */
export const STRIP_SHARE = 1 / 6;

const COLORS = ["#c8c8c8", "#c8c800", "#00c8c8", "#00c800", "#c800c8", "#c80000", "#0000c8"];

/** A picture that moves and says the time, with a beep each second, for whoever has no camera. */
export function drawTestPicture({ width, height, sound }) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  let open = true;
  const run = async () => {
    for (let number = 0; open; number++) {
      drawOne(pen, number);
      await tick();
    }
  };
  run();
  const stream = canvas.captureStream(RATE);
  standFor(stream.getVideoTracks()[0], canvas);
  const beeper = sound ? beep() : undefined;
  if (beeper !== undefined) stream.addTrack(beeper.track);
  return {
    stream,
    close() {
      open = false;
      beeper?.close();
    },
  };
}

function drawOne(pen, number) {
  const { width, height } = pen.canvas;
  const strip = height * STRIP_SHARE;
  const above = height - strip;
  COLORS.forEach((color, at) => {
    pen.fillStyle = color;
    pen.fillRect(at * width / COLORS.length, 0, width / COLORS.length + 1, above);
  });
  for (let bit = 0; bit < STRIP_BITS; bit++) {
    pen.fillStyle = number >> bit & 1 ? "#e6e6e6" : "#1e1e1e";
    pen.fillRect(bit * width / STRIP_BITS, above, width / STRIP_BITS + 1, strip);
  }
  const turn = number / RATE * Math.PI;
  const radius = above / 8;
  pen.fillStyle = "#ffffff";
  pen.beginPath();
  pen.arc(
    width / 2 + Math.cos(turn) * width / 3,
    above / 2 + Math.sin(turn) * above / 3,
    radius,
    0,
    7,
  );
  pen.fill();
  pen.fillStyle = "#101010";
  pen.fillRect(width / 4, above / 2 - above / 7, width / 2, above / 3.5);
  pen.fillStyle = "#ffffff";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `600 ${above / 7}px ui-monospace, Menlo, Consolas, monospace`;
  pen.fillText(new Date().toISOString().slice(11, 23), width / 2, above / 2);
}

/** A short soft tone each second. */
function beep() {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 880 });
  const loudness = new GainNode(context, { gain: 0 });
  const out = context.createMediaStreamDestination();
  tone.connect(loudness).connect(out);
  tone.start();
  const once = () => {
    loudness.gain.setValueAtTime(0.2, context.currentTime);
    loudness.gain.setValueAtTime(0, context.currentTime + 0.1);
  };
  const timer = setInterval(once, 1_000);
  return {
    track: out.stream.getAudioTracks()[0],
    close() {
      clearInterval(timer);
      context.close();
    },
  };
}
