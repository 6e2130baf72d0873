import { type Zippable, zipSync } from "fflate";
import { packTar } from "modern-tar";

/** A file that goes into an archive. */
export interface ArchiveFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isExecutable: boolean;
}

/** `.zip` is what Windows opens, `.tar.gz` what keeps everybody else's permissions. */
export type ArchiveKind = ".tar.gz" | ".zip";

/** Packs files into an archive that depends on nothing but them, their names and `time`. */
export async function packArchive(
  files: readonly ArchiveFile[],
  kind: ArchiveKind,
  time: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  if (kind === ".zip") return zip(files, time);
  const tar = await packTar(files.map(({ name, bytes, isExecutable }) => ({
    header: { name, size: bytes.length, mode: modeOf(isExecutable), mtime: time },
    body: bytes,
  })));
  const stream = new Blob([tar]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function zip(files: readonly ArchiveFile[], time: Date): Uint8Array<ArrayBuffer> {
  // The format holds the time of the place where it is made: this one is everywhere the same.
  const mtime = new Date(time.getTime() + time.getTimezoneOffset() * 60_000);
  const zippable: Zippable = {};
  for (const { name, bytes, isExecutable } of files) {
    zippable[name] = [bytes, { mtime, os: UNIX, attrs: modeOf(isExecutable) << 16 }];
  }
  return zipSync(zippable);
}

function modeOf(isExecutable: boolean): number {
  return isExecutable ? 0o755 : 0o644;
}

const UNIX = 3;
