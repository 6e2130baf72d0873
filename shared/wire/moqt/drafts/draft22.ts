import { vi64 } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import { u16Length } from "../control/length.ts";
import { typedFilter } from "../control/location_filter.ts";
import { parametersOf } from "../control/parameters.ts";
import type { StreamDraft } from "./draft.ts";
import { draft20 } from "./draft20.ts";
import { messageTableOf } from "./draft20_messages.ts";
import { parameterTableOf } from "./draft20_parameters.ts";

const parameters = parametersOf(parameterTableOf(typedFilter));

/** draft-ietf-moq-transport-22: draft 20 with filters that say their type. */
export const draft22: StreamDraft = {
  ...draft20,
  protocol: "moqt-22",
  number: 22,
  control: controlCodec(messageTableOf(parameters), vi64, u16Length),
};
