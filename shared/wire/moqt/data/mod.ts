/** Data streams and datagrams: what carries objects. */
export { data18, type DataDialect, ObjectStatus } from "./dialect.ts";
export {
  MAX_OBJECT_HEADER_BYTES,
  ObjectHeaderDecoder,
  objectHeaderSize,
  SHORT,
  writeObjectHeader,
} from "./object_header.ts";
export {
  decodeSubgroupHeader,
  encodeSubgroupHeader,
  isSubgroupType,
  type SubgroupHeader,
} from "./subgroup.ts";
