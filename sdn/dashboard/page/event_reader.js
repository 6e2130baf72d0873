// For whoever reads the sources; the page is served the file itself under this name.
export { EventReader } from "@qumo/shared/event_reader.js";
