import { messageOf } from "@qumo/shared/runtime";
import { SqliteStore } from "./sqlite.ts";
import { type EventsOptions, SqliteEvents } from "./sqlite_events.ts";
import type { SqliteOptions } from "./sqlite_writer.ts";

/** The process that uses a data directory, for the error message of another one. */
export interface DataDirUser {
  readonly name: string;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/**
 * The data directory of a controller. One process uses it at a time, by a lock of the operating
 * system that is released however the process ends.
 */
export class DataDir {
  readonly #folder: string;
  readonly #lock: Deno.FsFile;
  /** The stored events. */
  readonly events: SqliteEvents;

  private constructor(folder: string, lock: Deno.FsFile, events: SqliteEvents) {
    this.#folder = folder;
    this.#lock = lock;
    this.events = events;
  }

  /** Locks a directory, creating it if needed. Rejects when another process uses it. */
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

  /** The text of a file that nobody else may read, which is made and written where it is not there. */
  async secret(name: string, make: () => Promise<string>): Promise<string> {
    const path = `${this.#folder}/${name}`;
    try {
      return await Deno.readTextFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const text = await make();
    await Deno.writeTextFile(path, text, { mode: 0o600, createNew: true });
    return text;
  }

  /** Opens the registry's store in the directory. Throws when that fails. */
  openStore(options: SqliteOptions): SqliteStore {
    return new SqliteStore(`${this.#folder}/state.sqlite`, options);
  }

  /** Writes pending events and releases the lock; call it after closing the store. */
  close(): void {
    this.events.close();
    // A child process that is being started may have inherited the file for a moment.
    this.#lock.unlockSync();
    this.#lock.close();
  }
}

/** What the lock's owner wrote about itself; some systems do not allow reading it. */
async function whoHas(path: string): Promise<string> {
  try {
    const { name, address, process, since } = JSON.parse(await Deno.readTextFile(path));
    return `controller ${name} at ${address} (process ${process}, since ${since})`;
  } catch (error) {
    return `another process (which one is not known: ${messageOf(error)})`;
  }
}
