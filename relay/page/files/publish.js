import "./encoders.js";
import "./frames.js";
import { byId, make, say, showFigures } from "./dom.js";
import { bitrate } from "./format.js";
import { lacksForPublishing, transportWords } from "./lacks.js";
import * as library from "../libraries/moq_publish.js";
import { keepPlace, nameInAddress } from "./place.js";
import { Publication } from "./publication.js";
import { Session, showSession } from "./session.js";
import { Share } from "./share.js";
import { openSource } from "./sources.js";

/** What the automatic choice takes from, by the beginning of its name. */
const CODECS = [
  ["H.264", "avc1", "avc1.42E01E"],
  ["VP8", "vp8", "vp8"],
  ["VP9", "vp09", "vp09.00.10.08"],
  ["AV1", "av01", "av01.0.08M.08"],
  ["H.265", "hev1", "hev1.1.6.L93.B0"],
];

keepPlace(document.querySelectorAll("nav a"));
byId("lacks").replaceChildren(
  ...lacksForPublishing().map((text) => make("li", { textContent: text })),
);
byId("lacks").hidden = byId("lacks").children.length === 0;
byId("start").disabled = !byId("lacks").hidden;
byId("name").value = nameInAddress || `live/${madeUpName()}.hang`;

const session = new Session(library);
showSession(library, session, {
  badge: byId("state"),
  banner: byId("banner"),
  words: (live) => transportWords(live && transportOf(live)),
});
const share = new Share();
byId("live").after(share.card);

let publication;
byId("settings").onchange = () => byId("file-row").hidden = settings().kind !== "file";
byId("settings").onsubmit = async (event) => {
  event.preventDefault();
  if (publication !== undefined) return stop("");
  byId("start").disabled = true;
  say(byId("words"), "Waiting for the picture; the browser may ask for permission.");
  try {
    await start(settings());
    say(byId("words"), "");
  } catch (error) {
    stop(error.message);
  } finally {
    byId("start").disabled = false;
  }
};

function settings() {
  const [width, height] = byId("size").value.split("x").map(Number);
  return {
    kind: document.querySelector("[name=source]:checked").value,
    file: byId("file").files[0],
    name: withSuffix(byId("name").value.trim().replace(/^\/+|\/+$/g, "")),
    width,
    height,
    codec: byId("codec").value,
    rate: Number(byId("rate").value),
    sound: byId("sound").checked,
    small: byId("small").checked,
  };
}

async function start(chosen) {
  const source = await openSource(chosen);
  publication = new Publication(library, { session, source, ...chosen });
  source.onend = () => stop("The browser has ended the picture.");
  byId("name").value = chosen.name;
  byId("preview").srcObject = source.stream;
  byId("live-title").textContent = chosen.name;
  byId("live").hidden = false;
  byId("start").textContent = "Stop";
  for (const field of fields()) field.disabled = true;
  share.show(chosen.name);
  showProgress();
}

function stop(words) {
  publication?.close();
  publication = undefined;
  byId("preview").srcObject = null;
  byId("live").hidden = true;
  byId("start").textContent = "Start";
  for (const field of fields()) field.disabled = false;
  share.show("");
  say(byId("words"), words);
}

/** All that can be chosen, which is not changed while it runs. */
function fields() {
  return byId("settings").querySelectorAll("input, select");
}

/** Says once a second how it goes. */
async function showProgress() {
  for (const own = publication; own === publication;) {
    const { viewers, config, sends } = await own.read();
    if (own !== publication) return;
    showFigures(byId("figures"), [
      ["Viewers", viewers],
      [
        "State",
        session.established.peek()
          ? (sends ? "live" : "live, encodes when watched")
          : "no connection",
      ],
      ["Picture", config && `${config.width}×${config.height}`],
      ["Codec", config?.codec],
      ["Bit rate", config?.bitrate && `up to ${bitrate(config.bitrate)}`],
      ["Session", session.established.peek()?.version],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** The suffix says how the catalog is written. */
function withSuffix(name) {
  return name.endsWith(".hang") ? name : `${name}.hang`;
}

function madeUpName() {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  return Array.from(
    crypto.getRandomValues(new Uint8Array(5)),
    (byte) => letters[byte % letters.length],
  ).join("");
}

/** This library does not say what its session goes over. */
function transportOf() {
  return /chrom/i.test(navigator.userAgent) ? undefined : "websocket";
}

/** Offers the codecs that this browser encodes. */
async function offerCodecs() {
  if (typeof VideoEncoder === "undefined") return;
  for (const [title, value, codec] of CODECS) {
    const asked = { codec, width: 640, height: 360, latencyMode: "realtime" };
    const { supported } = await VideoEncoder.isConfigSupported(asked).catch(() => ({}));
    if (supported) byId("codec").append(make("option", { value, textContent: title }));
  }
}
await offerCodecs();
