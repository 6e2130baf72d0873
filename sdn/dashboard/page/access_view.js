import { byId, setText } from "./dom.js";

/** Shows the user's role, and the dialog for a token. */
export class AccessView {
  /** The role at the controller; `none` until it is known. */
  role = "none";
  #api;
  #onToken;
  #dialog = byId("access");
  #wasAsked = false;

  /**
   * @param {import("./api.js").Api} api
   * @param {{ onToken: () => void }} told
   */
  constructor(api, { onToken }) {
    this.#api = api;
    this.#onToken = onToken;
    byId("access-open").addEventListener("click", () => this.#open());
    byId("access-close").addEventListener("click", () => this.#dialog.close());
    byId("access-forget").addEventListener("click", () => this.#use(""));
    byId("access-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#use(byId("token").value.trim());
    });
  }

  /** Requests the user's role. */
  async ask() {
    try {
      const { role, relay } = await this.#api.json("whoami");
      this.role = role;
      const whose = relay === undefined ? "" : ` for ${relay}`;
      setText(byId("access-open"), `Access: ${role}${whose}`);
      setText(byId("access-now"), `This page has the role ${role}${whose}.`);
      setText(byId("access-error"), "");
      if (this.#api.token !== "") this.#dialog.close();
    } catch {
      this.role = "none";
    }
  }

  /** The controller wants another token than it was given. @param {string} reason */
  need(reason) {
    this.role = "none";
    setText(byId("access-open"), "Access: none");
    setText(byId("access-now"), "Sign in with an access token.");
    setText(byId("access-error"), this.#api.token === "" ? "" : reason);
    if (!this.#wasAsked) this.#open();
    this.#wasAsked = true;
  }

  #open() {
    if (!this.#dialog.open) this.#dialog.showModal();
    byId("token").focus();
  }

  #use(token) {
    this.#api.token = token;
    byId("token").value = "";
    this.#onToken();
  }
}
