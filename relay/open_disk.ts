import { messageOf, StartError, wholeNamespaceText } from "@qumo/shared/runtime";
import { draftOf, type FullTrackName } from "@qumo/shared/wire";
import type { DiskArchive } from "./disk/disk_archive.ts";
import type { DiskCounts } from "./disk/counts.ts";
import type { RelayOptions } from "./relay_options.ts";
import { rendererOf } from "./session/moqt/dialect/renderer.ts";

/**
 * The dialect in whose encoding properties are on disk. It stays the same, so that a later version reads
 * what an earlier one wrote.
 */
const DIALECT = "moqt-18";

/** Keeps groups on disk, where the configuration asks for it. Rejects with a StartError. */
export async function openDisk(
  { config: { cache: { disk } }, clock, log }: RelayOptions,
  counts: DiskCounts,
): Promise<DiskArchive | undefined> {
  if (disk.folder === "") return undefined;
  // Nobody else needs its code.
  const { DiskArchive } = await import("./disk/disk_archive.ts");
  const { openFolder } = await import("./disk/deno_files.ts");
  const prefixes = new Set(disk.namespaces);
  try {
    return await DiskArchive.open({
      files: await openFolder(disk.folder),
      settings: disk,
      isWanted: (name) => isWanted(prefixes, name),
      renderer: rendererOf(draftOf(DIALECT)!.data),
      counts,
      clock,
      log,
    });
  } catch (error) {
    throw new StartError(
      `cannot keep groups in ${disk.folder}: ${messageOf(error)}`,
      "cache.disk.folder",
    );
  }
}

/** Whether a prefix of a track's namespace is in the list. */
function isWanted(prefixes: ReadonlySet<string>, { namespace }: FullTrackName): boolean {
  if (prefixes.has("")) return true;
  return namespace.some((_, at) => prefixes.has(wholeNamespaceText(namespace.slice(0, at + 1))));
}
