/** What the relay's page takes of @moq/publish. */
import "./no_eval.ts";
export { Broadcast, Net, Signals } from "@moq/publish";
