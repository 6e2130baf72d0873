import { make } from "./dom.js";
import { hasToken, watchAddress } from "./place.js";

/** A link to watch a name, its QR code, and a button that copies it. */
export class Share {
  card;
  #link = make("a");
  #code = make("canvas", { className: "code" });
  #note = make("p", { className: "note" });
  #copy = make("button", { type: "button", textContent: "Copy the link" });
  #name;

  constructor() {
    this.#code.setAttribute("role", "img");
    this.#code.setAttribute("aria-label", "QR code of the link");
    const title = make("h2", { id: "share-title", textContent: "Watch elsewhere" });
    this.card = make(
      "section",
      { className: "card share", hidden: true },
      title,
      make("p", { className: "link" }, this.#link),
      this.#code,
      make("p", {}, this.#copy),
      this.#note,
    );
    this.card.setAttribute("aria-labelledby", title.id);
    this.#copy.onclick = () => this.#copyLink();
  }

  /** Shows where this name can be watched. */
  async show(name) {
    if (name === this.#name) return;
    this.#name = name;
    this.card.hidden = name === "";
    if (name === "") return;
    const address = watchAddress(name);
    this.#link.href = this.#link.textContent = address;
    this.#note.textContent = noteOn(new URL(address));
    this.#note.hidden = this.#note.textContent === "";
    // Only those who look at a name need it.
    const { generate } = await import("../libraries/qr.js");
    generate(address).toCanvas(this.#code, { on: [0, 0, 0], off: [255, 255, 255], pad: 4 });
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(this.#link.href);
      this.#copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(this.#link);
      this.#copy.textContent = "Selected: copy it";
    }
    setTimeout(() => this.#copy.textContent = "Copy the link", 2_000);
  }
}

function noteOn({ hostname }) {
  const notes = [];
  if (/^(localhost|127\.|\[::1\])/.test(hostname)) {
    notes.push(
      "This address works on this machine only; others need an address of the relay that they reach.",
    );
  }
  if (hasToken) notes.push("The link has no token: whoever opens it needs one of their own.");
  return notes.join(" ");
}
