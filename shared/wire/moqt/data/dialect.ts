import type { PropertyForm } from "../../properties.ts";
import type { FetchLayout, FetchTerms } from "./fetch_layout.ts";

/** What a unidirectional stream carries that is no subgroup. */
export type OtherStreamKind = "setup" | "fetch" | "padding";

/** What a draft may choose about data streams and datagrams; most of the layouts are shared. */
export interface DataDialect extends FetchTerms {
  /** For people. */
  readonly name: string;
  /** The dialect with the same bytes of live objects, which are rendered once for both; absent: none. */
  readonly live?: DataDialect;
  /** How properties are written. */
  readonly properties: PropertyForm;
  /** Whether the first object of a subgroup may say other delivery timeouts than its track. */
  readonly hasObjectTimeouts?: true;
  /** What other unidirectional streams begin with (#stream-types). */
  readonly streams: ReadonlyMap<bigint, OtherStreamKind>;
  /** Bits that the type of a SUBGROUP_HEADER may have set (#subgroup-header). */
  readonly subgroupBits: number;
  /** Bits that the type of an OBJECT_DATAGRAM may have set (#object-datagram). */
  readonly datagramBits: number;
  /** Whether a datagram with a status always says its object's id (14). */
  readonly idWithStatus: boolean;
  /** Whether an object that ends its group or track may have properties, which nobody keeps (14). */
  readonly propertiesOfEnds: boolean;
  /** Whether there are datagrams to be thrown away (#padding-datagrams). */
  readonly hasPadding: boolean;
  /** How the items on a fetch's stream are laid out (#fetch-header). */
  readonly fetch: FetchLayout;
}
