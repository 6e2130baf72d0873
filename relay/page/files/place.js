/** What the address of this page says, which is all that it knows: where to connect, and with which token. */
const own = new URL(location.href);

/** The name that is to be watched, if one was given. */
export const nameInAddress = own.searchParams.get("name") ?? "";

const token = own.searchParams.get("jwt") ?? "";
const scope = own.searchParams.get("path") ?? "/";
/** The controller's mark of a client that it sent here: the relay then keeps it while it has room. */
const via = own.searchParams.getAll("via").includes("assign") ? "assign" : "";

/** The fields of the path, as a name begins with them; empty where the path is `/`. */
export const scopeName = partsOf(scope).join("/");

/** Where the session connects to. The token goes to the relay and nowhere else. */
export function sessionUrl(path = scope) {
  const url = new URL(own.origin);
  url.pathname = path;
  if (token !== "") url.searchParams.set("jwt", token);
  if (via !== "") url.searchParams.set("via", via);
  return url;
}

/** Where the relay says what is under a name of this scope. */
export function lookUpUrl(name) {
  const parts = [...partsOf(scope), ...name.split("/").filter((part) => part !== "")];
  const url = new URL(["announced", ...parts.map(encodeURIComponent)].join("/"), own);
  url.search = "";
  if (token !== "") url.searchParams.set("jwt", token);
  return url;
}

/** The address of another page of this relay, for whoever has the page open now. */
export function pageAddress(page, query = {}) {
  const url = addressWithoutToken(page, query);
  if (token !== "") url.searchParams.set("jwt", token);
  if (via !== "") url.searchParams.set("via", via);
  return url.href;
}

/**
 * The address where others watch a name. Others have rights of their own: it has no token, and no
 * controller sent them here.
 */
export function watchAddress(name) {
  return addressWithoutToken("watch", { name }).href;
}

/** Whether who opens this page with the same address uses a token. */
export const hasToken = token !== "";

/** Lets the links between the pages keep the scope and the token. */
export function keepPlace(links) {
  for (const link of links) link.href = pageAddress(link.getAttribute("href"));
}

function addressWithoutToken(page, query) {
  const url = new URL(page, own);
  url.search = "";
  url.hash = "";
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  if (scope !== "/") url.searchParams.set("path", scope);
  return url;
}

function partsOf(path) {
  return path.split("/").filter((part) => part !== "").map(decoded);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
