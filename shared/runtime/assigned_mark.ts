// In the query, because no dialect has a place of its own for it, and the path is the scope.
const NAME = "via";
const VALUE = "assign";

/**
 * A relay's URL for a client that a controller assigned to it, with a mark by which the relay knows
 * such clients. What is no URL is returned as it is.
 */
export function withAssignedMark(url: string): string {
  const match = /^(\w+:\/\/[^/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(url);
  if (match === null) return url;
  const [, start, path = "/", query = ""] = match;
  if (isAssigned(`${path}?${query}`)) return url;
  return `${start}${path}?${query === "" ? "" : `${query}&`}${NAME}=${VALUE}`;
}

/** Whether the path of a connection, with its query, has the mark of an assigned client. */
export function isAssigned(path: string): boolean {
  const at = path.indexOf("?");
  return at >= 0 && new URLSearchParams(path.slice(at + 1)).getAll(NAME).includes(VALUE);
}
