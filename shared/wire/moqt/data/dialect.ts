import type { PropertyForm } from "../../properties.ts";
import type { VarintFormat } from "../../varint.ts";

/** What is said about a range of objects that a fetch leaves out (#end-of-range). */
export type FetchRangeKind = "non_existent" | "unknown" | "timed_out";

/** What a draft may choose about data streams and datagrams; the layouts themselves are shared. */
export interface DataDialect {
  /** For people. */
  readonly name: string;
  /** The dialect with the same bytes of live objects, which are rendered once for both; absent: none. */
  readonly live?: DataDialect;
  readonly varint: VarintFormat;
  /** How properties are written. */
  readonly properties: PropertyForm;
  /** Bits that the type of a SUBGROUP_HEADER may have set (#subgroup-header). */
  readonly subgroupBits: number;
  /** Bits that the type of an OBJECT_DATAGRAM may have set (#object-datagram). */
  readonly datagramBits: number;
  /** The object statuses that exist (#object-status). */
  readonly statuses: ReadonlySet<number>;
  /** Serialization flags that end a range instead of beginning an object (#fetch-header). */
  readonly fetchRanges: ReadonlyMap<number, FetchRangeKind>;
}
