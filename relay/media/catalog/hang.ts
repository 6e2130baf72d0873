import type { AudioConfig, VideoConfig } from "../frame.ts";
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
  hexBytes,
  numberOf,
  present,
  textOf,
} from "./fields.ts";
import { mergePatch } from "./merge_patch.ts";

/** The catalog of hang (draft-lcurley-moq-hang): what `@moq/watch`, `@moq/publish` and `moq` have. */
export const hang: CatalogFormat = {
  name: "hang",
  track: "catalog.json",
  write: writeHang,
  read: readHang,
  update: mergePatch,
};

function readHang(document: unknown): ReadCatalog {
  const { video, audio } = documentOf(document);
  const entries = [
    ...renditionsOf(video).map((entry) => ({ ...entry, kind: "video" as const })),
    ...renditionsOf(audio).map((entry) => ({ ...entry, kind: "audio" as const })),
  ];
  const tracks: CatalogTrack[] = [];
  for (const { name, fields, kind } of entries) {
    if (tracks.length === MAX_CATALOG_TRACKS) break;
    const track = readTrack(name, fields, kind);
    if (track !== undefined) tracks.push(track);
  }
  return { tracks, skipped: entries.length - tracks.length };
}

interface Entry {
  readonly name: unknown;
  readonly fields: unknown;
}

/** The renditions of a section, also as publishers of before 2026 wrote them. */
function renditionsOf(section: unknown): Entry[] {
  if (section === undefined || section === null) return [];
  const list = Array.isArray(section) ? section : [section];
  return list.flatMap((one): Entry[] => {
    const fields = fieldsOf(one);
    const renditions = fieldsOf(fields?.renditions);
    if (renditions !== undefined) {
      return Object.entries(renditions).map(([name, fields]) => ({ name, fields }));
    }
    return [{ name: fieldsOf(fields?.track)?.name, fields: fields?.config }];
  });
}

function readTrack(name: unknown, value: unknown, kind: "video" | "audio") {
  const fields = fieldsOf(value);
  const known = textOf(name);
  if (fields === undefined || known === undefined) return undefined;
  const config = kind === "video" ? readVideo(fields) : readAudio(fields);
  const container = readContainer(fields.container);
  if (config === undefined || container === undefined) return undefined;
  const { broadcast } = fields;
  if (broadcast !== undefined && typeof broadcast !== "string") return undefined;
  return {
    name: known,
    config,
    container,
    ...present({
      jitter: numberOf(fields.jitter),
      label: textOf(fields.label),
      elsewhere: textOf(broadcast),
    }),
  };
}

function readVideo(fields: Fields): VideoConfig | undefined {
  const common = readCommon(fields);
  return common && {
    kind: "video",
    ...common,
    ...present({
      width: countOf(fields.codedWidth, MAX_PICTURE_SIDE),
      height: countOf(fields.codedHeight, MAX_PICTURE_SIDE),
      framerate: numberOf(fields.framerate),
    }),
  };
}

function readAudio(fields: Fields): AudioConfig | undefined {
  const common = readCommon(fields);
  const sampleRate = countOf(fields.sampleRate, MAX_SAMPLE_RATE);
  const channels = countOf(fields.numberOfChannels, MAX_CHANNELS);
  if (common === undefined || sampleRate === undefined || channels === undefined) return undefined;
  return { kind: "audio", ...common, sampleRate, channels };
}

function readCommon({ codec, description, bitrate }: Fields) {
  const known = textOf(codec);
  const bytes = hexBytes(description, MAX_DESCRIPTION_BYTES);
  const isMalformed = description !== undefined && description !== null && bytes === undefined;
  if (known === undefined || isMalformed) return undefined;
  return {
    codec: known,
    ...present({ description: bytes, bitrate: numberOf(bitrate) }),
  };
}

function readContainer(value: unknown): Container | undefined {
  if (value === undefined || value === null) return { kind: "legacy" };
  const fields = fieldsOf(value);
  switch (fields?.kind) {
    case "legacy":
      return { kind: "legacy" };
    case "loc":
      return { kind: "loc", properties: "payload" };
    case "cmaf": {
      const init = base64Bytes(fields.init, MAX_INIT_BYTES);
      return init && { kind: "cmaf", init };
    }
    default:
      return undefined;
  }
}

function writeHang({ tracks }: MediaCatalog): unknown {
  if (tracks.length > MAX_CATALOG_TRACKS) {
    throw new CatalogError(`a catalog has at most ${MAX_CATALOG_TRACKS} tracks`);
  }
  const renditions = (kind: "video" | "audio") => {
    const found = tracks.filter(({ config }) => config.kind === kind);
    if (found.length === 0) return undefined;
    return {
      renditions: Object.fromEntries(found.map((track) => [track.name, writeTrack(track)])),
    };
  };
  return present({ video: renditions("video"), audio: renditions("audio") });
}

function writeTrack({ config, container, jitter, label, elsewhere }: CatalogTrack): Fields {
  const { codec, description, bitrate } = config;
  const own = config.kind === "video"
    ? { codedWidth: config.width, codedHeight: config.height, framerate: config.framerate }
    : { sampleRate: config.sampleRate, numberOfChannels: config.channels };
  return present({
    codec,
    container: writeContainer(container),
    description: description?.toHex(),
    ...own,
    bitrate: bitrate && Math.round(bitrate),
    jitter: jitter && Math.ceil(jitter),
    label,
    broadcast: elsewhere,
  });
}

function writeContainer(container: Container): Fields {
  if (container.kind === "cmaf") return { kind: "cmaf", init: container.init.toBase64() };
  if (container.kind === "loc" && container.properties === "object") {
    throw new CatalogError("hang has the properties of LOC in the payload");
  }
  return { kind: container.kind };
}
