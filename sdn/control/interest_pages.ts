import { announceParts, announcesCovering, type Interest } from "@qumo/shared/topology";
import type { Announce, Directory, DirectoryCursor } from "../registry/mod.ts";
import { SNAPSHOT_PAGE } from "./limits.ts";

/** The announces that some interests are about, page by page as they are then. */
export function* interestPages(
  directory: Directory,
  interests: readonly Interest[],
): Generator<readonly Announce[]> {
  let page: Announce[] = [];
  for (const interest of interests) {
    for (const announce of announcesOf(directory, interest)) {
      page.push(announce);
      if (page.length < SNAPSHOT_PAGE) continue;
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

function* announcesOf(directory: Directory, { kind, text }: Interest): Generator<Announce> {
  const parts = announceParts(text);
  if (parts === undefined) return;
  const { scope, namespace } = parts;
  const head = scope === undefined ? [] : [EMPTY_PART, scope];
  const prefix = [...head, ...namespace].join("/");
  if (kind === "prefix") {
    for (const announce of below(directory, prefix)) {
      if (announceParts(announce.track)?.scope === scope) yield announce;
    }
    return;
  }
  const [, ...namespaces] = announcesCovering([...head, ...namespace, EMPTY_PART, "-"].join("/"));
  for (const above of namespaces) yield* directory.of(above);
  for (const announce of below(directory, [...head, ...namespace, EMPTY_PART].join("/"))) {
    const found = announceParts(announce.track);
    const isTrack = found?.name !== undefined && found.scope === scope;
    if (isTrack && found.namespace.length === namespace.length) yield announce;
  }
}

/** The announces at or below a prefix of texts. The directory may change between two of them. */
function* below(directory: Directory, prefix: string): Generator<Announce> {
  let after: DirectoryCursor | undefined;
  for (;;) {
    const page = directory.page(prefix, SNAPSHOT_PAGE, after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < SNAPSHOT_PAGE) return;
    after = last;
  }
}

const EMPTY_PART = "~";
