/** The relay's side of the control plane: what it tells the controller, and what it learns from it. */
export { callableUrl, parseRelayUrl, RELAY_URL_FORM } from "./relay_url.ts";
