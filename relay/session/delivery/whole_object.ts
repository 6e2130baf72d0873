import type { SubgroupLog } from "../../track/mod.ts";

/** Resolves when an object is complete, or can no longer become complete. */
export function wholeObject(log: SubgroupLog, id: number): Promise<void> {
  const isSettled = () => {
    const index = log.indexOf(id);
    return log.state !== "open" || index >= log.count || log.isWhole(index);
  };
  if (isSettled()) return Promise.resolve();
  return new Promise((resolve) => {
    const check = () => {
      if (!isSettled()) return;
      log.unfollow(reader);
      resolve();
    };
    const reader = { wake: check, evicted: check };
    log.follow(reader);
  });
}
