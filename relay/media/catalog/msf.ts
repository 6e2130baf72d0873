import type { TrackConfig } from "../frame.ts";
import {
  MAX_CATALOG_TRACKS,
  MAX_CHANNELS,
  MAX_DESCRIPTION_BYTES,
  MAX_INIT_BYTES,
  MAX_PICTURE_SIDE,
  MAX_SAMPLE_RATE,
} from "../limits.ts";
import {
  CatalogError,
  type CatalogFormat,
  type CatalogTrack,
  type Container,
  type MediaCatalog,
  type ReadCatalog,
} from "./catalog.ts";
import {
  base64Bytes,
  countOf,
  documentOf,
  type Fields,
  fieldsOf,
  numberOf,
  present,
  textOf,
} from "./fields.ts";
import { updateMsf } from "./msf_update.ts";

/** The draft whose fields are written; drafts from 00 on are read. */
const VERSION = "draft-01";

/** Which of the tracks are shown together: all of them. */
const RENDER_GROUP = 1;

/** What audio has that does not say it, as players assume it. */
const DEFAULT_AUDIO = { sampleRate: 48_000, channels: 2 };

/** The catalog of MSF (draft-ietf-moq-msf), with CMAF packaging (draft-ietf-moq-cmsf). */
export const msf: CatalogFormat = {
  name: "msf",
  track: "catalog",
  write: writeMsf,
  read: readMsf,
  update: updateMsf,
};

function readMsf(document: unknown): ReadCatalog {
  const { version, tracks, initDataList, isComplete } = documentOf(document);
  if (version !== 1 && typeof version !== "string") {
    throw new CatalogError("the catalog has no version of MSF");
  }
  const entries = Array.isArray(tracks) ? tracks.map(fieldsOf).filter(isMedia) : [];
  const inits = initsOf(initDataList);
  const read: CatalogTrack[] = [];
  for (const fields of entries) {
    if (read.length === MAX_CATALOG_TRACKS) break;
    const track = readTrack(fields, inits);
    if (track !== undefined) read.push(track);
  }
  const skipped = entries.length - read.length;
  return { tracks: read, skipped, ...(isComplete === true && { isComplete }) };
}

/** Timelines, logs and texts are no media. */
function isMedia(fields: Fields | undefined): fields is Fields {
  return fields !== undefined && kindOf(fields) !== undefined;
}

function kindOf({ role, codec, samplerate, width }: Fields): "video" | "audio" | undefined {
  if (role === "video" || role === "signlanguage") return "video";
  if (role === "audio" || role === "audiodescription") return "audio";
  if (role !== undefined || codec === undefined) return undefined;
  if (samplerate !== undefined) return "audio";
  return width === undefined ? undefined : "video";
}

/** The initialization data that the document holds, by their ids. */
function initsOf(list: unknown): ReadonlyMap<unknown, unknown> {
  const found = new Map<unknown, unknown>();
  for (const entry of Array.isArray(list) ? list : []) {
    const fields = fieldsOf(entry);
    if (fields?.type === "inline") found.set(fields.id, fields.data);
  }
  return found;
}

function readTrack(
  fields: Fields,
  inits: ReadonlyMap<unknown, unknown>,
): CatalogTrack | undefined {
  const name = textOf(fields.name);
  const codec = textOf(fields.codec);
  if (name === undefined || codec === undefined) return undefined;
  const data = fields.initData ?? inits.get(fields.initRef);
  const container = readContainer(fields.packaging, data);
  if (container === undefined) return undefined;
  const isHeader = container.kind === "cmaf" || data === undefined;
  const description = isHeader ? undefined : base64Bytes(data, MAX_DESCRIPTION_BYTES);
  if (!isHeader && description === undefined) return undefined;
  return {
    name,
    container,
    config: readConfig(fields, { codec, ...present({ description }) }),
    ...present({
      jitter: numberOf(fields.jitter),
      label: textOf(fields.label),
      language: textOf(fields.lang),
      elsewhere: textOf(fields.namespace),
      alternates: countOf(fields.altGroup),
    }),
  };
}

function readConfig(
  fields: Fields,
  common: { readonly codec: string; readonly description?: Uint8Array },
): TrackConfig {
  const bitrate = present({ bitrate: numberOf(fields.bitrate) });
  if (kindOf(fields) === "audio") {
    const channels = typeof fields.channelConfig === "string"
      ? Number.parseInt(fields.channelConfig, 10)
      : fields.channelConfig;
    return {
      kind: "audio",
      ...common,
      ...bitrate,
      sampleRate: countOf(fields.samplerate, MAX_SAMPLE_RATE) ?? DEFAULT_AUDIO.sampleRate,
      channels: countOf(channels, MAX_CHANNELS) ?? DEFAULT_AUDIO.channels,
    };
  }
  return {
    kind: "video",
    ...common,
    ...bitrate,
    ...present({
      width: countOf(fields.width, MAX_PICTURE_SIDE),
      height: countOf(fields.height, MAX_PICTURE_SIDE),
      framerate: numberOf(fields.framerate),
    }),
  };
}

function readContainer(packaging: unknown, data: unknown): Container | undefined {
  switch (packaging) {
    // moq-dev's own word beside the two of the drafts.
    case "legacy":
      return { kind: "legacy" };
    case "loc":
      return { kind: "loc", properties: "object" };
    case "cmaf": {
      const init = base64Bytes(data, MAX_INIT_BYTES);
      return init && { kind: "cmaf", init };
    }
    default:
      return undefined;
  }
}

function writeMsf({ tracks, isComplete }: MediaCatalog): unknown {
  if (tracks.length > MAX_CATALOG_TRACKS) {
    throw new CatalogError(`a catalog has at most ${MAX_CATALOG_TRACKS} tracks`);
  }
  const inits = new Map<string, string>();
  const written = tracks.map((track) => {
    const init = initOf(track);
    if (init !== undefined && !inits.has(init)) inits.set(init, `init${inits.size}`);
    const initRef = init && inits.get(init);
    return { ...writeTrack(track, isComplete !== true), ...present({ initRef }) };
  });
  const list = [...inits].map(([data, id]) => ({ id, type: "inline", data }));
  return {
    version: VERSION,
    ...(isComplete === true && { isComplete }),
    tracks: written,
    ...(list.length > 0 && { initDataList: list }),
  };
}

function initOf({ config, container }: CatalogTrack): string | undefined {
  return (container.kind === "cmaf" ? container.init : config.description)?.toBase64();
}

function writeTrack(track: CatalogTrack, isLive: boolean): Fields {
  const { name, config, container, jitter, label, language, elsewhere, alternates } = track;
  const { kind, codec, bitrate } = config;
  const own = config.kind === "video"
    ? { width: config.width, height: config.height, framerate: config.framerate }
    : { samplerate: config.sampleRate, channelConfig: String(config.channels) };
  return present({
    namespace: elsewhere,
    name,
    packaging: packagingOf(container),
    role: kind,
    isLive,
    renderGroup: RENDER_GROUP,
    altGroup: alternates,
    codec,
    ...own,
    bitrate,
    jitter,
    label,
    lang: language,
  });
}

function packagingOf(container: Container): string {
  if (container.kind === "loc" && container.properties === "payload") {
    throw new CatalogError("MSF has the properties of LOC beside the payload");
  }
  return container.kind;
}
