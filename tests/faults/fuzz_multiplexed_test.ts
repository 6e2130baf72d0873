import { multiplexedDrafts } from "@qumo/shared/wire";
import { fuzzTest } from "../support/faults/fuzz.ts";

for (const dialect of multiplexedDrafts) {
  fuzzTest(`${dialect.protocol}: requests, answers and what is said of them later`, {
    inputs: 4_000,
    moves: ["request", "request", "answer", "answer", "control", "other_stream"],
    most: 20,
    dialect,
  });

  fuzzTest(`${dialect.protocol}: objects beside what is said of their tracks`, {
    inputs: 4_000,
    moves: ["subgroup", "subgroup", "datagram", "fetch_stream", "answer", "answer", "request"],
    most: 20,
    dialect,
  });
}
