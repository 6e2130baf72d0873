/**
 * Publishers of every dialect and viewers of every dialect at one relay, over every transport. The
 * exit code is 0 when no cell has a failure that `relay/docs/dialects.md` does not explain.
 */
import { parseArgs } from "node:util";
import { protocols } from "../../relay/session/negotiate.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { type CellPlan, type CellResult, playCell } from "./cell.ts";
import { CLIENTS, speakersOf, unspoken } from "./clients.ts";
import { MATRIX_TRANSPORTS, type MatrixTransport } from "./client.ts";
import { type Explained, explainedIn, isExplained, readDialectsPage } from "./explained.ts";
import { failuresOf, matrixText, nameOf } from "./report.ts";

/** What of the matrix is played. */
export interface MatrixOptions {
  readonly dialects?: readonly string[];
  readonly transports?: readonly MatrixTransport[];
  /** Whether a publisher has viewers of its own dialect and the next alone. */
  readonly isRing?: boolean;
  /** Whether viewers come to another relay than publishers, which takes tracks from theirs. */
  readonly isMesh?: boolean;
  /** Every client of a dialect, not the most able one alone. */
  readonly everyClient?: boolean;
}

/** Plays the matrix; `onCell` is told of each cell. */
export async function runMatrix(
  {
    dialects = protocols,
    transports = MATRIX_TRANSPORTS,
    isRing = false,
    isMesh = false,
    everyClient = false,
  }: MatrixOptions = {},
  onCell: (cell: CellResult) => void = () => {},
): Promise<CellResult[]> {
  const speakers = speakersOf(dialects, CLIENTS, everyClient);
  await using relay = await startRelay();
  await using edge = isMesh ? await startEdge(relay) : undefined;
  const relays = { publisher: relay, viewer: edge ?? relay };
  const results: CellResult[] = [];
  for (const plan of plans(speakers, { transports, isRing })) {
    const result = await playCell(relays, plan);
    results.push(result);
    onCell(result);
  }
  return results;
}

/** A relay that takes what it lacks from another one. */
function startEdge({ port, certificateHash }: RelayProcess): Promise<RelayProcess> {
  const origin = `moqt://127.0.0.1:${port}#sha256=${certificateHash.toHex()}`;
  return startRelay({ upstream: [origin] });
}

function* plans(
  speakers: readonly CellPlan["publisher"][],
  { transports, isRing }: Required<Pick<MatrixOptions, "transports" | "isRing">>,
): Iterable<CellPlan> {
  for (const transport of transports) {
    for (const [at, publisher] of speakers.entries()) {
      const near = [publisher, speakers[(at + 1) % speakers.length]!];
      const viewers = isRing ? new Set(near) : speakers;
      for (const viewer of viewers) yield { publisher, viewer, transport };
    }
  }
}

/** The failures of a cell that the documents do not explain, a line for each. */
export function failureLines(cell: CellResult, explained: readonly Explained[]): string[] {
  const { transport, publisher, viewer } = cell;
  const where = `${nameOf(publisher)} -> ${nameOf(viewer)} over ${transport}`;
  return failuresOf(cell)
    .filter(({ check }) => !isExplained(cell, check, explained))
    .map(({ check, reason }) => `${where}: ${check}: ${reason}`);
}

/** Plays the matrix as the command line says, and writes it; returns the exit code. */
export async function matrixCommand(
  args: readonly string[],
  write: (text: string) => void,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dialects: { type: "string", default: protocols.join(",") },
      transports: { type: "string", default: MATRIX_TRANSPORTS.join(",") },
      mesh: { type: "boolean", default: false },
      "every-client": { type: "boolean", default: false },
    },
  });
  const explained = explainedIn(await readDialectsPage());
  let failures = 0;
  const results = await runMatrix({
    dialects: values.dialects.split(","),
    transports: MATRIX_TRANSPORTS.filter((name) => values.transports.split(",").includes(name)),
    isMesh: values.mesh,
    everyClient: values["every-client"],
  }, (cell) => {
    const lines = failureLines(cell, explained);
    failures += lines.length;
    for (const line of lines) write(`${line}\n`);
  });
  write(matrixText(results));
  const mute = unspoken();
  if (mute.length > 0) write(`No client of the matrix speaks ${mute.join(", ")}.\n`);
  return failures === 0 && results.length > 0 ? 0 : 1;
}
