/** The commands that call a relay, each with what `--help` says; parsed without loading them. */
export const CLIENT_COMMANDS: Readonly<Record<string, string>> = {
  ls: "list what is published at a relay",
  bench: "load a relay, and measure what it delivers",
  publish: "publish fragmented MP4, MPEG-TS or H.264, from a file or a pipe",
  subscribe: "receive what is published, as MP4 for ffplay and ffmpeg",
};
