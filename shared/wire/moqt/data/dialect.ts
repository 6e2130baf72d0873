import { type VarintFormat, vi64 } from "../../varint.ts";

/** What an object's status says (#object-status). */
export const ObjectStatus = { normal: 0, endOfGroup: 3, endOfTrack: 4 } as const;

/** What a draft may choose about data streams and datagrams; the layouts themselves are shared. */
export interface DataDialect {
  readonly varint: VarintFormat;
  /** Bits that the type of a SUBGROUP_HEADER may have set (#subgroup-header). */
  readonly subgroupBits: number;
  /** Bits that the type of an OBJECT_DATAGRAM may have set (#object-datagram). */
  readonly datagramBits: number;
  /** The object statuses that exist (#object-status). */
  readonly statuses: ReadonlySet<number>;
}

/** Drafts 18 to 22. */
export const data18: DataDialect = {
  varint: vi64,
  subgroupBits: 0x7f,
  datagramBits: 0x2f,
  statuses: new Set(Object.values(ObjectStatus)),
};
