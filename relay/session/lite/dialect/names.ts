import {
  type FullTrackName,
  MAX_FULL_TRACK_NAME_BYTES,
  MAX_LITE_PATH_PARTS,
  type Namespace,
} from "@qumo/shared/wire";

/*
 * A broadcast's path is a namespace whose fields are the parts between slashes, as moq-dev has it.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The namespace of a broadcast's path, or of a prefix of one. Slashes at its ends, and further ones
 * beside a slash, say nothing. Undefined for a path above the limits of a namespace.
 */
export function namespaceOf(path: string): Namespace | undefined {
  const parts = path.split("/").filter((part) => part !== "").map((part) => encoder.encode(part));
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return parts.length > MAX_LITE_PATH_PARTS || bytes > MAX_FULL_TRACK_NAME_BYTES
    ? undefined
    : parts;
}

/**
 * The path of a namespace, or of a suffix of one. Undefined for a namespace that no path names: a field
 * is not UTF-8, or has a slash.
 */
export function pathOf(fields: Namespace): string | undefined {
  const parts: string[] = [];
  for (const field of fields) {
    const part = textOf(field);
    if (part === undefined || part === "" || part.includes("/")) return undefined;
    parts.push(part);
  }
  return parts.join("/");
}

/** A track by its broadcast and its name; undefined when it is above the limits of a name. */
export function trackNameOf(broadcast: string, track: string): FullTrackName | undefined {
  const namespace = namespaceOf(broadcast);
  if (namespace === undefined) return undefined;
  const name = encoder.encode(track);
  const bytes = namespace.reduce((sum, part) => sum + part.length, name.length);
  return bytes > MAX_FULL_TRACK_NAME_BYTES ? undefined : { namespace, name };
}

/** The broadcast and the name of a track; undefined for one that moq-lite cannot name. */
export function trackTextOf(
  { namespace, name }: FullTrackName,
): { readonly broadcast: string; readonly track: string } | undefined {
  const broadcast = pathOf(namespace);
  const track = textOf(name);
  return broadcast === undefined || track === undefined ? undefined : { broadcast, track };
}

/** The path of a route whose suffix was said below this prefix. */
export function joinPath(prefix: string, suffix: string): string {
  return `${prefix}/${suffix}`;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
