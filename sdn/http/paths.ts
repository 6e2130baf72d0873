/** What comes after the placeholder. */
export function suffixOf(path: string): string {
  return path.includes("}") ? path.slice(path.indexOf("}") + 1) : "";
}

/** A path of OpenAPI's form as the router takes it: a placeholder at the end takes slashes too. */
export function patternOf(path: string): string {
  return path.replace(/\{(\w+)\}$/, ":$1{.*}").replace(/\{(\w+)\}/, ":$1");
}

/** A pattern as metrics show it. */
export function labelOf(pattern: string): string {
  return pattern.replace("{.*}", "");
}

/** What the path has in place of the placeholder, decoded; `undefined` when it cannot be. */
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
