import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { formatTrackText, parseTrackText } from "./track_text.ts";

/**
 * One announce of a relay: a namespace, which may be empty, with everything below it, or one track.
 */
export interface AnnouncedName {
  /** The scope; empty for the default one. */
  readonly scope: string;
  /** The fields of the namespace; none is empty. */
  readonly namespace: readonly Uint8Array[];
  /** The track's name, which may be empty; absent for an announce of the namespace. */
  readonly name?: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const EMPTY = new Uint8Array();

// The text of an empty part, which no namespace has: it separates scope, namespace and track name.
const EMPTY_PART = "~";

/**
 * Formats an announce for the directory: `live/concert` for a namespace, `live/concert/~/video` for
 * one track in it, `~/%2Froom/live` for a namespace in the scope `/room`, `~` for the empty
 * namespace, which contains everything. The text is unique. Throws a RangeError for a namespace
 * with an empty part.
 */
export function formatAnnounce({ scope, namespace, name }: AnnouncedName): string {
  if (namespace.some((part) => part.length === 0)) {
    throw new RangeError("Cannot announce a namespace with an empty part");
  }
  return formatTrackText([
    ...scope === "" ? [] : [EMPTY, encoder.encode(scope)],
    ...namespace,
    ...name !== undefined ? [EMPTY, name] : namespace.length === 0 ? [EMPTY] : [],
  ]);
}

/** Parses the text of an announce, or refuses it with the fault. */
export function parseAnnounce(text: string): Outcome<AnnouncedName, string> {
  const parts = parseTrackText(text);
  if (!parts.ok) return parts;
  const divided = divide(parts.value, (part) => part.length === 0);
  if (divided === undefined) return refused("has an empty part where none can be");
  const { scope, namespace, name } = divided;
  if (parts.value.length === 0) return refused("has no parts");
  const scopeText = scope === undefined ? "" : decode(scope);
  if (scopeText === undefined) return refused("has a scope that is not UTF-8");
  return done({ scope: scopeText, namespace, ...(name !== undefined && { name }) });
}

/**
 * Whether an announce covers a track: it is the track itself, or a namespace above it. The track
 * may be written as an announce of it, or with its name as the last part of a namespace:
 * `live/concert/video` is covered by `live/concert/~/video`, `live/concert` and `live`, and by a
 * namespace of exactly that name. Both texts must be canonical.
 */
export function coversTrack(announce: string, track: string): boolean {
  return announcesCovering(track).includes(announce);
}

/**
 * The canonical texts of all announces that cover a track: the track itself first, then its
 * namespaces upwards.
 */
export function announcesCovering(track: string): string[] {
  const divided = divide(track.split("/"), (part) => part === EMPTY_PART);
  if (divided === undefined) return [track];
  const { scope, namespace, name } = divided;
  const head = scope === undefined ? [] : [EMPTY_PART, scope];
  const covering = namespace.map((_, place) => namespace.slice(0, namespace.length - place));
  const last = namespace.at(-1);
  const alone = name !== undefined
    ? [[...namespace, EMPTY_PART, name]]
    : last === undefined
    ? []
    : [[...namespace.slice(0, -1), EMPTY_PART, last]];
  return [...alone, ...covering, [EMPTY_PART]].map((parts) => [...head, ...parts].join("/"));
}

/** The parts of an announce as they stand in its text. */
export interface AnnounceParts {
  readonly scope: string | undefined;
  readonly namespace: readonly string[];
  readonly name: string | undefined;
}

/** The parts of a canonical text of an announce; undefined for one that is malformed. */
export function announceParts(text: string): AnnounceParts | undefined {
  return divide(text.split("/"), (part) => part === EMPTY_PART);
}

/**
 * Splits the parts of an announce into scope, namespace and name; `undefined` for a misplaced empty
 * part.
 */
function divide<T>(parts: readonly T[], isEmpty: (part: T) => boolean) {
  const [first, second] = parts;
  // Two parts, the first of them empty, are a track of the empty namespace.
  const isScoped = parts.length > 2 && first !== undefined && isEmpty(first);
  if (isScoped && second !== undefined && isEmpty(second)) return undefined;
  const rest = isScoped ? parts.slice(2) : parts;
  if (rest.length === 1 && isEmpty(rest[0]!)) {
    return { scope: isScoped ? second : undefined, namespace: [], name: undefined };
  }
  const empty = rest.findIndex(isEmpty);
  if (empty >= 0 && empty !== rest.length - 2) return undefined;
  return {
    scope: isScoped ? second : undefined,
    namespace: empty < 0 ? rest : rest.slice(0, empty),
    name: empty < 0 ? undefined : rest.at(-1),
  };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
