import { CatalogError } from "./catalog.ts";
import { documentOf, type Fields, fieldsOf } from "./fields.ts";

/** A document after a delta update (draft-ietf-moq-msf, #deltaupdates). */
export function updateMsf(document: unknown, update: unknown): unknown {
  const { deltaUpdate, ...rest } = documentOf(update);
  // A whole one, which belongs at the start of a group.
  if (deltaUpdate === undefined) return update;
  const base = documentOf(document);
  let tracks = tracksOf(base.tracks);
  for (const operation of Array.isArray(deltaUpdate) ? deltaUpdate : []) {
    tracks = operate(tracks, documentOf(operation));
  }
  return { ...base, ...rest, tracks };
}

function operate(tracks: Fields[], { op, tracks: operands }: Fields): Fields[] {
  const named = tracksOf(operands);
  switch (op) {
    case "add":
      return [...tracks, ...named];
    case "remove":
      return tracks.filter((track) => !named.some((one) => isSame(track, one.namespace, one.name)));
    case "clone":
      return [...tracks, ...named.map((one) => ({ ...parentOf(tracks, one), ...own(one) }))];
    case "update":
      return tracks.map((track) => {
        const changed = named.find((one) => isSame(track, one.parentNamespace, one.parentName));
        return changed === undefined ? track : { ...track, ...own(changed) };
      });
    default:
      throw new CatalogError("an update of the catalog has an unknown operation");
  }
}

function parentOf(tracks: readonly Fields[], { parentName, parentNamespace }: Fields): Fields {
  const parent = tracks.find((track) => isSame(track, parentNamespace, parentName));
  if (parent === undefined) throw new CatalogError("an update clones a track that is not there");
  return parent;
}

function own({ parentName: _, parentNamespace: __, ...fields }: Fields): Fields {
  return fields;
}

function isSame(track: Fields, namespace: unknown, name: unknown): boolean {
  return track.name === name && track.namespace === namespace;
}

function tracksOf(value: unknown): Fields[] {
  const list = Array.isArray(value) ? value : [];
  return list.map(fieldsOf).filter((fields) => fields !== undefined);
}
