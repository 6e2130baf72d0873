import { printable } from "./printable.ts";

/** How much of a wrong value a message repeats. */
const MAX_FOUND = 60;

/** The text that replaces a secret. */
const HIDDEN = "***";

/**
 * Removes secrets from a text: the user and password of URLs, their query and their fragment.
 * Applied to every sentence that may repeat input. A password may have every character but a slash
 * and white space, so a URL in a sentence ends only there.
 */
export function hideSecrets(text: string): string {
  return text
    .replace(/(?<=:\/\/)[^\s/]*(?=@)/g, HIDDEN)
    .replace(/(?<=:\/\/[^\s?#]*[?#])\S+?(?=[)"'`,.;<>\]}]*(?:\s|$))/g, HIDDEN)
    .replace(/[^\s"'`()<>,]+/g, (word) => hideInWord(word));
}

/** A value as a message about its key shows it. */
export function found(value: unknown, key: string): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value !== "string") return isSecret(key) ? "a value that is not shown" : String(value);
  if (isSecret(key) || value.includes("-----BEGIN")) return "a text that is not shown";
  // A "path" may be a token that was written into the wrong key.
  if (namesSecretFile(key) && !looksLikePath(value)) return "a text that is not shown";
  return JSON.stringify(printable(hideInValue(value), MAX_FOUND));
}

/** A value in force as `check` prints it, as JSON. */
export function shownValue(key: string, value: unknown): string {
  const shown = JSON.stringify(value, (name, inner) => {
    if (inner instanceof Map) return Object.fromEntries(inner);
    if (typeof inner !== "string") return inner;
    return isSecret(name === "" ? key : name) ? HIDDEN : hideSecrets(inner);
  });
  return shown;
}

function hideInWord(word: string): string {
  const scheme = SCHEME.exec(word)?.[0] ?? "";
  const rest = word.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  const isUser = at >= 0 && (scheme !== "" || rest.slice(0, at).includes(":"));
  return isUser ? `${scheme}${HIDDEN}${rest.slice(at)}` : word;
}

/** A wrong value may be half a URL, if its list was split within the password. */
function hideInValue(value: string): string {
  const scheme = SCHEME.exec(value)?.[0] ?? "";
  const rest = value.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  if (at >= 0) return hideSecrets(`${scheme}${HIDDEN}${rest.slice(at)}`);
  if (scheme === "") return hideSecrets(value);
  return hideSecrets(scheme + rest.replace(/^([^/:[]*:)(?!\d*(?:[/?#]|$)).*/s, `$1${HIDDEN}`));
}

const SCHEME = /^[\w+.-]+:\/\//;

/** By its name: of `auth.tokens.0.sha256` it is `sha256`, of `auth.tokens.0` it is `tokens`. */
function isSecret(key: string): boolean {
  const name = lastName(key);
  return name === "auth" || SECRET.test(name) && !isFile(name);
}

function namesSecretFile(key: string): boolean {
  const name = lastName(key);
  return SECRET.test(name) && isFile(name);
}

const SECRET = /token|password|secret|sha256|credential/i;

function isFile(name: string): boolean {
  return /_?file$/i.test(name);
}

function lastName(key: string): string {
  return key.split(".").findLast((name) => !/^\d+$/.test(name)) ?? "";
}

function looksLikePath(value: string): boolean {
  return /^(?:\/|\.{1,2}\/|[A-Za-z]:\\)/.test(value) ||
    /^[\w-]{1,32}(?:\/[\w-]{1,32})*\.[a-z]{1,8}$/.test(value);
}
