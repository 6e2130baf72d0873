import { byId, make, say, showFigures } from "./dom.js";
import { bitrate } from "./format.js";
import { Live } from "./live.js";
import { lacksForWatching, transportWords } from "./lacks.js";
import * as library from "../libraries/moq_watch.js";
import { keepPlace, nameInAddress, pageAddress, scopeName, sessionUrl } from "./place.js";
import { Player } from "./player.js";
import { Reading } from "./reading.js";
import { refusalOf } from "./refusal.js";
import { Session, showSession } from "./session.js";
import { Share } from "./share.js";

const { Effect } = library.Signals;

/** Names that are shown at once. */
const MOST_NAMES = 200;

keepPlace(document.querySelectorAll("nav a"));
byId("lacks").replaceChildren(
  ...lacksForWatching().map((text) => make("li", { textContent: text })),
);
byId("lacks").hidden = byId("lacks").children.length === 0;

const session = new Session(library);
showSession(library, session, {
  badge: byId("state"),
  banner: byId("banner"),
  words: (live) => transportWords(live?.transport),
});

/** What this page may see, at its own path and by its whole name. */
const live = new Live(library, [
  { session, prefix: "" },
  ...(scopeName === ""
    ? []
    : [{ session: new Session(library, sessionUrl("/")), prefix: scopeName }]),
], showNames);

function showNames(names) {
  byId("names").replaceChildren(
    ...names.slice(0, MOST_NAMES).map((name) => {
      const link = make("a", { href: pageAddress("watch", { name }), textContent: name });
      if (name === nameInAddress) link.ariaCurrent = "page";
      return make("li", {}, link);
    }),
  );
  const more = names.length > MOST_NAMES
    ? ` ${names.length - MOST_NAMES} more are not listed.`
    : "";
  byId("count").textContent = names.length === 0
    ? "Nothing is live that this session may see."
    : `${names.length} live, here and in the mesh.${more}`;
}

byId("open").onsubmit = (event) => {
  event.preventDefault();
  const name = byId("name").value.trim().replace(/^\/+/, "");
  if (name !== "") location.href = pageAddress("watch", { name });
};
byId("name").value = nameInAddress;

if (nameInAddress !== "") watch(nameInAddress);

function watch(name) {
  document.title = `${name} · qumo-relay`;
  byId("title").textContent = name;
  byId("player").hidden = false;
  const canvas = byId("picture");
  const player = new Player(library, { name, canvas, live });
  const share = new Share();
  byId("player").after(share.card);
  share.show(name);
  offerControls(player);
  offerQualities(player);
  showProgress(player, name);
}

function offerControls({ paused, muted, volume }) {
  byId("play").onclick = () => paused.update((is) => !is);
  byId("mute").onclick = () => muted.update((is) => !is);
  byId("volume").oninput = ({ target }) => {
    volume.set(target.valueAsNumber / 100);
    muted.set(target.valueAsNumber === 0);
  };
  byId("full").onclick = () =>
    document.fullscreenElement ? document.exitFullscreen() : byId("screen").requestFullscreen();
  byId("full").hidden = !document.fullscreenEnabled;
  new Effect((effect) => {
    byId("play").textContent = effect.get(paused) ? "Play" : "Pause";
    byId("mute").textContent = effect.get(muted) ? "Sound on" : "Sound off";
  });
}

function offerQualities(player) {
  byId("quality").onchange = ({ target }) => player.chosen.set(target.value || undefined);
  new Effect((effect) => {
    const { videoSource } = effect.get(player.parts);
    const available = Object.entries(effect.get(videoSource.out.available));
    byId("quality").replaceChildren(
      make("option", { value: "", textContent: "Automatic" }),
      ...available.map(([name, rendition]) =>
        make("option", { value: name, textContent: qualityOf(name, rendition) })
      ),
    );
    byId("quality").value = player.chosen.peek() ?? "";
    byId("quality").disabled = available.length < 2;
  });
}

function qualityOf(name, { codedWidth, codedHeight, bitrate: rate, codec }) {
  return [
    codedWidth && codedHeight ? `${codedWidth}×${codedHeight}` : name,
    rate ? bitrate(rate) : "",
    codec.split(".")[0],
  ].filter((text) => text).join(" · ");
}

/** Says once a second how it goes. */
function showProgress(player, name) {
  const reading = new Reading(player);
  let refusal;
  new Effect((effect) => {
    if (effect.get(session.isKept)) refusalOf(name).then((words) => refusal = words);
  });
  const look = () => {
    const { words, figures } = reading.take({ isLive: live.has(name), refusal });
    say(byId("words"), words);
    showFigures(byId("figures"), figures);
  };
  setInterval(look, 1_000);
  look();
}
