import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = new URL("../../", import.meta.url);

/** The project's folder as a path, with a slash at its end. */
export const ROOT_PATH = fileURLToPath(ROOT);
