/** The part of a path after the placeholder. */
export function suffixOf(path: string): string {
  return path.includes("}") ? path.slice(path.indexOf("}") + 1) : "";
}

/** An OpenAPI path as the router's pattern: a placeholder at the end matches slashes too. */
export function patternOf(path: string): string {
  return path.replace(/\{(\w+)\}$/, ":$1{.*}").replace(/\{(\w+)\}/, ":$1");
}

/** A pattern as a metrics label. */
export function labelOf(pattern: string): string {
  return pattern.replace("{.*}", "");
}

/** The decoded value of the path's placeholder; `undefined` when it cannot be decoded. */
export function nameIn(pathname: string, template: string): string | undefined {
  const start = template.indexOf("{");
  if (start < 0) return "";
  const after = suffixOf(template);
  try {
    return decodeURIComponent(pathname.slice(start, pathname.length - after.length));
  } catch {
    return undefined;
  }
}
