import type { Codec } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import type { Filter } from "../model/filter.ts";

/** What a filter of drafts 20 and later says, as its integers; undefined for the next object. */
function fieldsOf(filter: Filter): readonly bigint[] | undefined {
  switch (filter.type) {
    case "none":
      return [];
    case "next_group":
      return [0n];
    case "recent_groups":
      return [filter.groups];
    case "largest_object":
      return undefined;
    case "absolute_start":
      return [filter.start.group, filter.start.object];
    case "absolute_range": {
      const { start, endGroup, endObject } = filter;
      const range = [start.group, start.object, endGroup - start.group];
      return endObject === undefined ? range : [...range, endObject];
    }
  }
}

function filterOf(fields: readonly bigint[], max: bigint): Filter {
  const [group, object, delta, endObject] = fields;
  if (group === undefined) return { type: "none" };
  if (object === undefined) {
    return group === 0n ? { type: "next_group" } : { type: "recent_groups", groups: group };
  }
  const start = { group, object };
  if (delta === undefined) return { type: "absolute_start", start };
  const endGroup = group + delta;
  if (endGroup > max) {
    throw new DecodeError("malformed", "The end group of a filter overflows");
  }
  return { type: "absolute_range", start, endGroup, ...(endObject !== undefined && { endObject }) };
}

const MAX_FIELDS = 4;

function isBeginning(fields: readonly bigint[]): boolean {
  return fields.length === 2 && fields.every((field) => field === 0n);
}

/**
 * The filter of drafts 20 and 21, up to the end of its bytes: how many integers there are says what
 * they mean. Two zeros are the next object, so a start at the track's beginning is no filter.
 */
export const countedFilter: Codec<Filter> = {
  encode(writer, value) {
    const fields = fieldsOf(value) ?? [0n, 0n];
    if (value.type === "absolute_start" && isBeginning(fields)) return;
    for (const field of fields) writer.varint(field);
  },
  decode(reader) {
    const fields: bigint[] = [];
    while (reader.remaining > 0 && fields.length < MAX_FIELDS) fields.push(reader.varint());
    return isBeginning(fields) ? { type: "largest_object" } : filterOf(fields, reader.format.max);
  },
};

const NEXT_OBJECT = 5n;

/** The filter of draft 22: its type is the number of its integers, but for the next object. */
export const typedFilter: Codec<Filter> = {
  encode(writer, value) {
    const fields = fieldsOf(value);
    if (fields === undefined) return writer.varint(NEXT_OBJECT);
    writer.count(fields.length);
    for (const field of fields) writer.varint(field);
  },
  decode(reader) {
    const type = reader.varint();
    if (type === NEXT_OBJECT) return { type: "largest_object" };
    if (type > BigInt(MAX_FIELDS)) {
      throw new DecodeError("malformed", `Filter type ${type} does not exist`);
    }
    const fields = Array.from({ length: Number(type) }, () => reader.varint());
    return filterOf(fields, reader.format.max);
  },
};
