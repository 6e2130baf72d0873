import { messageOf } from "@qumo/shared/runtime";
import { SqliteStore } from "./sqlite.ts";
import { type EventsOptions, SqliteEvents } from "./sqlite_events.ts";
import type { SqliteOptions } from "./sqlite_writer.ts";

/** Who uses a folder, for whoever else wants it. */
export interface DataDirUser {
  readonly name: string;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/**
 * The folder in which a controller keeps what outlives it. One process has it at a time: the lock is
 * the operating system's, which lifts it however that process ends.
 */
export class DataDir {
  readonly #folder: string;
  readonly #lock: Deno.FsFile;
  /** What happened, of which the newest is kept here. */
  readonly events: SqliteEvents;

  private constructor(folder: string, lock: Deno.FsFile, events: SqliteEvents) {
    this.#folder = folder;
    this.#lock = lock;
    this.events = events;
  }

  /** Takes a folder, which is made if it is not there. Rejects when another process has it. */
  static async take(folder: string, user: DataDirUser, options: EventsOptions): Promise<DataDir> {
    await Deno.mkdir(folder, { recursive: true });
    const path = `${folder}/controller.lock`;
    const lock = await Deno.open(path, { read: true, write: true, create: true });
    try {
      if (!await lock.tryLock(true)) {
        throw new Error(
          `it is in use by ${await whoHas(path)}, and controllers cannot share it: ` +
            "stop that one, or give this one a folder of its own",
        );
      }
      const since = new Date(user.since).toISOString();
      const text = JSON.stringify({ ...user, process: Deno.pid, since });
      await lock.truncate();
      await lock.write(new TextEncoder().encode(text));
      return new DataDir(folder, lock, new SqliteEvents(`${folder}/events.sqlite`, options));
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Opens the registry's store in it. Throws when it cannot be had. */
  openStore(options: SqliteOptions): SqliteStore {
    return new SqliteStore(`${this.#folder}/state.sqlite`, options);
  }

  /** Keeps what waits, and lets others have it; to be called when the store in it is closed. */
  close(): void {
    this.events.close();
    // A program that this process is starting just now has the file open as well, for a moment.
    this.#lock.unlockSync();
    this.#lock.close();
  }
}

/** What the process that has the lock wrote of itself; some systems let nobody read that. */
async function whoHas(path: string): Promise<string> {
  try {
    const { name, address, process, since } = JSON.parse(await Deno.readTextFile(path));
    return `controller ${name} at ${address} (process ${process}, since ${since})`;
  } catch (error) {
    return `another process (which one is not known: ${messageOf(error)})`;
  }
}
