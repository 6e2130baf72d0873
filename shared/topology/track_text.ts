import { done, fieldText, type Outcome, refused } from "@qumo/shared/runtime";
import { MAX_TRACK_BYTES, MAX_TRACK_PARTS, MAX_TRACK_TEXT_LENGTH } from "./limits.ts";

/** A track's name in MoQT: the fields of its namespace and its own name, as bytes. */
export interface TrackName {
  readonly namespace: readonly Uint8Array[];
  readonly name: Uint8Array;
}

const encoder = new TextEncoder();

// An empty part has an explicit sign: two consecutive slashes are more often a mistake than a name.
const EMPTY_PART = "~";
const TILDE_PART = "%7E";

const PERCENT = 0x25;

/**
 * Formats name parts as one text, joined by `/`. Well-formed UTF-8 stays readable; `/`, `%`,
 * control characters and bytes that are not UTF-8 are percent-encoded; an empty part is `~`, and a
 * part that is a tilde is `%7E`. The text of a list of parts is unique.
 */
export function formatTrackText(parts: readonly Uint8Array[]): string {
  return parts.map(formatPart).join("/");
}

/**
 * Parses a text into its parts, or refuses it with a reason. One leading slash is ignored;
 * percent-encoding is accepted for any byte.
 */
export function parseTrackText(text: string): Outcome<Uint8Array[], string> {
  if (text.length > MAX_TRACK_TEXT_LENGTH) {
    return refused(`is longer than ${MAX_TRACK_BYTES} bytes`);
  }
  if (!text.isWellFormed()) return refused("is not well-formed Unicode");
  const body = text.startsWith("/") ? text.slice(1) : text;
  if (body === "") return done([]);
  const segments = body.split("/", MAX_TRACK_PARTS + 1);
  if (segments.length > MAX_TRACK_PARTS) return refused(`has more than ${MAX_TRACK_PARTS} parts`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const segment of segments) {
    if (segment === "") return refused("has an empty part (an empty part is written ~)");
    const part = parsePart(segment);
    if (part === undefined) return refused("has a % that two hexadecimal digits do not follow");
    bytes += part.length;
    if (bytes > MAX_TRACK_BYTES) return refused(`is longer than ${MAX_TRACK_BYTES} bytes`);
    parts.push(part);
  }
  return done(parts);
}

/** The canonical text of a name, so that equal names are equal strings. */
export function canonicalTrackText(text: string): Outcome<string, string> {
  const parts = parseTrackText(text);
  return parts.ok ? done(formatTrackText(parts.value)) : parts;
}

/** The text of a track: the parts of its namespace, then its name. */
export function formatTrackName(track: TrackName): string {
  return formatTrackText([...track.namespace, track.name]);
}

/** Parses a text as a track: the last part is its name, the others are its namespace. */
export function parseTrackName(text: string): Outcome<TrackName, string> {
  const parts = parseTrackText(text);
  if (!parts.ok) return parts;
  const name = parts.value.pop();
  return name === undefined ? refused("has no parts") : done({ namespace: parts.value, name });
}

function formatPart(part: Uint8Array): string {
  if (part.length === 0) return EMPTY_PART;
  const text = fieldText(part);
  return text === EMPTY_PART ? TILDE_PART : text;
}

function parsePart(segment: string): Uint8Array | undefined {
  if (segment === EMPTY_PART) return new Uint8Array();
  const bytes = encoder.encode(segment);
  let length = bytes.indexOf(PERCENT);
  if (length < 0) return bytes;
  // The decoded bytes are never longer than their encoding.
  for (let at = length; at < bytes.length; at++) {
    let byte = bytes[at]!;
    if (byte === PERCENT) {
      byte = 16 * digitOf(bytes[++at]) + digitOf(bytes[++at]);
      if (Number.isNaN(byte)) return undefined;
    }
    bytes[length++] = byte;
  }
  return bytes.slice(0, length);
}

/** The value of a hexadecimal digit in ASCII; NaN for any other character. */
function digitOf(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : NaN;
}
