/** What the relay's page takes of @moq/watch. */
import "./no_eval.ts";
export { Audio, Broadcast, Net, Signals, Sync, Video } from "@moq/watch";
