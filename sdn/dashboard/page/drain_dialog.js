import { byId, setText } from "./dom.js";

/**
 * Asks for confirmation before a drain: it ends the relay's process, and only a supervisor restarts
 * it.
 */
export class DrainDialog {
  #dialog = byId("drain");
  #api;
  #relay = "";

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
    byId("drain-cancel").addEventListener("click", () => this.#dialog.close());
    byId("drain-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dialog.close();
      this.#order(this.#relay, "drain");
    });
  }

  /** Asks whether a relay should drain. @param {string} relay @param {number | undefined} sessions */
  ask(relay, sessions) {
    this.#relay = relay;
    setText(byId("drain-title"), `Drain ${relay}?`);
    const who = sessions === undefined ? "" : ` It has ${sessions} sessions now.`;
    setText(byId("drain-sessions"), who.trim());
    setText(byId("drain-confirm"), `Drain ${relay}`);
    this.#dialog.showModal();
    byId("drain-cancel").focus();
  }

  /** Lets a relay serve again that was told to drain and is still there. @param {string} relay */
  undo(relay) {
    this.#order(relay, "undrain");
  }

  async #order(relay, verb) {
    const message = byId("relays-message");
    try {
      await this.#api.json(`relay/${encodeURIComponent(relay)}/${verb}`, { method: "POST" });
      setText(message, verb === "drain" ? `${relay} was told to drain.` : `${relay} serves again.`);
    } catch (error) {
      setText(message, `${relay} could not be told to ${verb}: ${error.message}`);
    }
  }
}
