import type { Codec } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { type Namespace, namespace } from "../../names.ts";
import type { Parameters } from "../model/parameters.ts";
import type { ParametersCodec } from "./parameters.ts";

type Route = Parameters<"hopPath" | "routeCost">;

/** The body of NAMESPACE. */
export interface NamespaceBody {
  readonly suffix: Namespace;
  readonly route?: Route;
}

/**
 * NAMESPACE, behind whose suffix parameters stand on sessions with draft-lcurley-moq-cluster. Whether
 * the session has it is the reader's to judge; what is there must have a path.
 */
export function namespaceCame(
  route: ParametersCodec<"hopPath" | "routeCost">,
): Codec<NamespaceBody> {
  return {
    encode(writer, value) {
      namespace.encode(writer, value.suffix);
      if (value.route !== undefined) route.encode(writer, value.route);
    },
    decode(reader) {
      const suffix = namespace.decode(reader);
      if (reader.remaining === 0) return { suffix };
      const told = route.decode(reader);
      if (told.hopPath === undefined) {
        throw new DecodeError("malformed", "NAMESPACE has parameters, and no HOP_PATH");
      }
      return { suffix, route: told };
    },
  };
}
