import { hasToken, lookUpUrl } from "./place.js";

/** Milliseconds that the relay may take to say why. */
const PATIENCE_MS = 2_500;

/** What is missing, for who has to add it. */
const REMEDY = hasToken
  ? "the token of this address does not allow it"
  : "it may want a token, as ?jwt= in the address";

/** Why the relay does not let this page see what is under a name; undefined when it does, or does not say. */
export async function refusalOf(name = "") {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(lookUpUrl(name), { signal, cache: "no-store" });
    if (response.status !== 401) return undefined;
    const { error } = await response.json();
    return `${error}: ${REMEDY}`;
  } catch {
    return undefined;
  }
}

/** Why a session ended as soon as it had begun: the library does not tell, and as a rule it is the token. */
export async function whyEnded() {
  return await refusalOf() ?? `the relay ended it at once: ${REMEDY}`;
}
