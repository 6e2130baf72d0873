import type { ReadableFile, SegmentFiles } from "./files.ts";

/** A file that a relay holds locked as long as it runs. The system unlocks it however that ends. */
const LOCK = ".lock";

/**
 * A folder of the machine, which is made if it is not there. Rejects when it cannot be written, or another
 * relay has it.
 */
export async function openFolder(folder: string): Promise<SegmentFiles> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o750 });
  const probe = `${folder}/.writable`;
  await Deno.writeFile(probe, new Uint8Array());
  await Deno.remove(probe);
  return new Folder(folder, await takeLock(folder));
}

async function takeLock(folder: string): Promise<Deno.FsFile> {
  const file = await Deno.open(`${folder}/${LOCK}`, { write: true, create: true, mode: 0o640 });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new Error("another relay keeps its groups there, and both would write the same files");
}

class Folder implements SegmentFiles {
  readonly #folder: string;
  readonly #lock: Deno.FsFile;

  constructor(folder: string, lock: Deno.FsFile) {
    this.#folder = folder;
    this.#lock = lock;
  }

  close(): void {
    this.#lock.close();
  }

  async list(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(this.#folder)) {
      if (isFile) names.push(name);
    }
    return names;
  }

  async open(name: string): Promise<ReadableFile> {
    const file = await Deno.open(this.#at(name));
    try {
      const { size } = await file.stat();
      return {
        size,
        read: (offset, length) => readAt(file, offset, length),
        close: () => file.close(),
      };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const file = await Deno.open(this.#at(name), { append: true, create: true, mode: 0o640 });
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    } finally {
      file.close();
    }
  }

  async truncate(name: string, size: number): Promise<void> {
    await Deno.truncate(this.#at(name), size);
  }

  async remove(name: string): Promise<void> {
    await Deno.remove(this.#at(name));
  }

  #at(name: string): string {
    return `${this.#folder}/${name}`;
  }
}

async function readAt(
  file: Deno.FsFile,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await file.seek(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
