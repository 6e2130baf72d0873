import { sourceWords } from "./lacks.js";
import { drawTestPicture } from "./test_picture.js";

/** Opens what is to be published; rejects with a sentence when there is none. */
export async function openSource({ kind, file, width, height, sound }) {
  const size = { width: { ideal: width }, height: { ideal: height } };
  switch (kind) {
    case "camera":
      return await openCamera(size, sound);
    case "screen":
      return await asked(
        "Screen",
        () => navigator.mediaDevices.getDisplayMedia({ video: size, audio: sound }),
      );
    case "file":
      if (file === undefined) throw new Error("Choose a file first.");
      return await openFile(file);
    default: {
      const picture = drawTestPicture({ width, height, sound });
      return new Source(picture.stream, picture.close);
    }
  }
}

/** A stream of pictures and sound, until it is closed. */
class Source {
  stream;
  /** Called when the browser ends the pictures by itself. */
  onend = () => {};
  #close;

  constructor(stream, close = () => {}) {
    this.stream = stream;
    this.#close = close;
    for (const track of stream.getVideoTracks()) track.onended = () => this.onend();
  }

  get video() {
    return this.stream.getVideoTracks()[0];
  }

  get audio() {
    return this.stream.getAudioTracks()[0];
  }

  close() {
    for (const track of this.stream.getTracks()) {
      track.onended = null;
      track.stop();
    }
    this.#close();
  }
}

/** A machine with a camera and no microphone publishes the picture alone. */
async function openCamera(video, sound) {
  const camera = () => navigator.mediaDevices.getUserMedia({ video });
  if (!sound) return await asked("Camera", camera);
  try {
    return new Source(await navigator.mediaDevices.getUserMedia({ video, audio: true }));
  } catch {
    return await asked("Camera", camera);
  }
}

async function asked(what, open) {
  try {
    return new Source(await open());
  } catch (error) {
    throw new Error(sourceWords(error, what));
  }
}

/** Plays a file, from the beginning again when it is over. */
async function openFile(file) {
  const player = document.createElement("video");
  const address = URL.createObjectURL(file);
  Object.assign(player, { src: address, loop: true, muted: true, playsInline: true });
  try {
    await player.play();
  } catch {
    URL.revokeObjectURL(address);
    throw new Error(`This browser cannot play ${file.name}.`);
  }
  // Firefox has it under its own name.
  const stream = player.captureStream?.() ?? player.mozCaptureStream();
  return new Source(stream, () => {
    player.pause();
    URL.revokeObjectURL(address);
  });
}
