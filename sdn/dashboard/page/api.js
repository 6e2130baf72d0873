/** A refusal of the controller, with its message. */
export class ApiError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Requests to the controller that served the page. The token is kept here only. */
export class Api {
  token = "";
  /** How far the controller's clock is ahead of this one, in milliseconds. */
  clockAhead = 0;

  /**
   * The answer to a request, whatever its status.
   *
   * @param {string} path relative to the page
   * @param {RequestInit} [init]
   */
  async fetch(path, init = {}) {
    const headers = new Headers(init.headers);
    // The controller requires JSON, which an HTML form of another site cannot send.
    if (init.method === "POST") headers.set("content-type", "application/json");
    if (this.token !== "") headers.set("authorization", `Bearer ${this.token}`);
    const response = await fetch(path, {
      cache: "no-store",
      credentials: "same-origin",
      ...init,
      headers,
    });
    const date = Date.parse(response.headers.get("date") ?? "");
    if (!Number.isNaN(date)) this.clockAhead = date - Date.now();
    return response;
  }

  /** The JSON of an answer; throws {@linkcode ApiError} where it is a refusal. */
  async json(path, init) {
    const response = await this.fetch(path, init);
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new ApiError(response.status, body.error ?? `HTTP ${response.status}`);
    return body;
  }
}
