import { DatabaseSync } from "node:sqlite";

const FILES = ["state.sqlite", "events.sqlite"];

/**
 * Copies a controller's data directory to another one, creating it if needed, while the controller
 * runs or not. Each file is copied at one moment, its log included. Returns the names of the
 * copies. Rejects when there is nothing to copy, or the target has a copy already.
 */
export async function copyDataDir(from: string, to: string): Promise<readonly string[]> {
  const present = await Promise.all(FILES.map((name) => isThere(`${from}/${name}`)));
  const names = FILES.filter((_, place) => present[place]);
  if (names.length === 0) throw new Error("there is nothing to copy");
  await Deno.mkdir(to, { recursive: true });
  for (const name of names) {
    if (await isThere(`${to}/${name}`)) throw new Error(`${to}/${name} is there already`);
  }
  for (const name of names) {
    // Use a temporary name until the copy is complete.
    const partial = `${to}/${name}.partial`;
    await Deno.remove(partial).catch(() => {});
    copyDatabase(`${from}/${name}`, partial);
    await Deno.rename(partial, `${to}/${name}`);
  }
  return names;
}

function copyDatabase(from: string, to: string): void {
  // Opened for writing: the last connection to close then removes the log.
  const source = new DatabaseSync(from);
  try {
    // The controller may be checkpointing.
    source.exec("PRAGMA busy_timeout = 5000");
    source.prepare("VACUUM INTO ?").run(to);
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(to);
  const verdict = copy.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (verdict === "ok") forgetTold(copy);
  copy.close();
  if (verdict !== "ok") throw new Error(`the copy of ${from} is damaged: ${verdict}`);
}

/**
 * The original goes on to tell watchers of other changes under the same revisions: nobody may resume
 * in those of the copy.
 */
function forgetTold(copy: DatabaseSync): void {
  const table = copy.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'told'").get();
  if (table !== undefined) copy.exec("DELETE FROM told; VACUUM");
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
