import { liteVersions } from "@qumo/shared/wire";
import { protocols } from "../../relay/session/negotiate.ts";
import { fuzzTest } from "../support/faults/fuzz.ts";

for (const lite of liteVersions.filter(({ protocol }) => protocols.includes(protocol))) {
  fuzzTest(`${lite.protocol}: groups and datagrams`, {
    inputs: 4_000,
    moves: ["subgroup", "subgroup", "datagram", "answer"],
    most: 20,
    dialect: lite,
  });

  fuzzTest(`${lite.protocol}: requests, answers and streams of every other type`, {
    inputs: 4_000,
    moves: ["request", "request", "answer", "other_stream"],
    most: 12,
    dialect: lite,
  });
}
