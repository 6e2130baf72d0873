import {
  type FullTrackName,
  MAX_FULL_TRACK_NAME_BYTES,
  MAX_NAMESPACE_FIELDS,
  type Namespace,
} from "@qumo/shared/wire";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The parts of a path of HTTP, decoded; undefined when one is not UTF-8. */
export function partsOf(path: string): string[] | undefined {
  try {
    return path.split("/").filter((part) => part !== "").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** A namespace whose fields are these parts; undefined when there are too many or too long ones. */
export function namespaceOf(parts: readonly string[]): Namespace | undefined {
  const fields = parts.map((part) => encoder.encode(part));
  const bytes = fields.reduce((sum, field) => sum + field.length, 0);
  return fields.length > MAX_NAMESPACE_FIELDS || bytes > MAX_FULL_TRACK_NAME_BYTES
    ? undefined
    : fields;
}

/** A track in a namespace; undefined when its name is too long. */
export function trackOf(namespace: Namespace, track: string): FullTrackName | undefined {
  const name = encoder.encode(track);
  const bytes = namespace.reduce((sum, field) => sum + field.length, name.length);
  return bytes > MAX_FULL_TRACK_NAME_BYTES ? undefined : { namespace, name };
}

/** A namespace as a path of HTTP; undefined for one with bytes that no text has. */
export function pathOf(fields: Namespace): string | undefined {
  try {
    return fields.map((field) => decoder.decode(field)).join("/");
  } catch {
    return undefined;
  }
}
