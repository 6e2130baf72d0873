import { copyText } from "./copy.js";
import { byId, element, follow, setText } from "./dom.js";

/** What of an opened relay, machine, link or track is of use elsewhere: in a shell, or in a message. */
export class CopiesView {
  #model;
  #api;
  #opened = "";

  /** @param {import("./model.js").Model} model @param {import("./api.js").Api} api */
  constructor(model, api) {
    this.#model = model;
    this.#api = api;
  }

  /** @param {{ relay?: string, link?: string, track?: string, host?: string }} opened */
  show(opened) {
    const key = JSON.stringify(opened);
    if (key !== this.#opened) {
      for (const id of ["detail-copied", "detail-copied-note"]) setText(byId(id), "");
    }
    this.#opened = key;
    const relay = this.#model.nodes.find(({ id }) => id === opened.relay);
    const copies = copiesOf(opened, {
      state: relay?.state,
      address: relay?.address,
      base: document.baseURI,
      hasToken: this.#api.token !== "",
    });
    follow(byId("detail-copies"), copies, {
      key: ([what]) => what,
      create: ([what]) => {
        const button = element("button", { type: "button" }, `Copy ${what}`);
        button.addEventListener("click", () => this.#copy(button));
        return button;
      },
      update: (button, [, text]) => button.title = text,
    });
  }

  async #copy(button) {
    const text = button.title;
    const told = byId("detail-copied");
    setText(told, text);
    const isCopied = await copyText(text);
    setText(
      byId("detail-copied-note"),
      isCopied ? "Copied:" : "Selected, copy it with the keyboard:",
    );
    if (!isCopied) getSelection()?.selectAllChildren(told);
  }
}

/**
 * What can be copied of something: its name, its address, the command to run next, and what asks the
 * API for the same. Pure.
 *
 * @param {{ relay?: string, link?: string, track?: string, host?: string }} opened
 * @param {{ state?: string, address?: string, base: string, hasToken: boolean }} how
 * @returns {[what: string, text: string][]}
 */
export function copiesOf({ relay, link, track, host }, { state, address, base, hasToken }) {
  const token = hasToken ? ' -H "authorization: Bearer $TOKEN"' : "";
  const request = (path) =>
    `curl -s${token} ${quoted(new URL(path, base).href.replace(/#.*/s, ""))}`;
  const history = (query) => request(`history?${new URLSearchParams(query)}`);
  if (relay !== undefined) {
    const isDraining = state === "draining";
    const command = isDraining
      ? `qumo-sdn undrain ${quoted(relay)}`
      : state === "registered"
      ? `qumo-sdn drain ${quoted(relay)}`
      : "qumo-sdn events";
    const place = address === undefined || address === "" ? [] : [["address", address]];
    return [["name", relay], ...place, ["command", command], ["curl", history({ relay })]];
  }
  if (host !== undefined) {
    return [["name", host], ["command", "qumo-sdn ls hosts"], ["curl", request("relay")]];
  }
  if (track !== undefined) {
    const command = `qumo-sdn ls tracks ${quoted(track)}`;
    return [["name", track], ["command", command], ["curl", history({ track })]];
  }
  if (link === undefined) return [];
  const [from, to] = JSON.parse(link);
  const command = `qumo-sdn route ${quoted(from)} ${quoted(to)} --explain`;
  return [["names", `${from} ${to}`], ["command", command], ["curl", history({ from, to })]];
}

/** A word as a shell reads it, whatever is in it. */
function quoted(word) {
  return /^[\w./:~-]+$/.test(word) && !word.startsWith("-") && !word.startsWith("~")
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`;
}
