import type { ConfigAccess, Process as AnyProcess } from "@qumo/shared/runtime";
import type { Process } from "../process.ts";

/** What the operating system gives to a command that asks a controller. */
export type ClientProcess = AnyProcess & ConfigAccess & Pick<Process, "fetchAs" | "confirm">;
