import {
  type Clock,
  done,
  many,
  type Outcome,
  type Process,
  tableText,
} from "@qumo/shared/runtime";
import { namespaceOf, partsOf } from "../media/model/names.ts";
import { isLite } from "../session/negotiate.ts";
import { AnnouncedNames, type NameEvent } from "./announced_names.ts";
import { ClientSession } from "./client_session.ts";
import { type Call, type ClientCommand, EXIT, failed, type Failure } from "./command.ts";
import { sessionEnd } from "./failures.ts";
import { MAX_NAMES, NAMES_MS, QUIET_MS } from "./limits.ts";

/** What a relay has. */
export const lsCommand: ClientCommand = {
  name: "ls",
  usage: " [PREFIX]",
  summary: "Lists the namespaces that are published at a relay, as it says them to who subscribes.",
  flags: ["json", "follow"],
  words: [0, 1],
  async run(call) {
    const [text = ""] = call.words;
    const prefix = namespaceOf(partsOf(text) ?? []);
    if (prefix === undefined) return failed(`${text} is no namespace`, EXIT.usage);
    const names = new AnnouncedNames(prefix, MAX_NAMES);
    const { log, process: { clock } } = call;
    const target = await call.resolveTarget();
    const opened = await ClientSession.open({
      target,
      clock,
      log,
      advertise: (namespace) => names.add(namespace),
    });
    if (!opened.ok) return opened;
    const session = opened.value;
    try {
      return await list(call, session, names);
    } finally {
      await session.close();
    }
  },
};

async function list(
  { flags, target, process, signal }: Call,
  session: ClientSession,
  names: AnnouncedNames,
): Promise<Outcome<undefined, Failure>> {
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined));
  });
  const lost = await Promise.race([quiet(names, session, process.clock), session.over, stopped]);
  if (lost !== undefined) return failed(sessionEnd(target, lost), EXIT.noRelay);
  const refusal = refusalOf(session);
  if (refusal !== undefined) return failed(`${target.authority} ${refusal}`);
  if (names.leftOut > 0) {
    process.stderr.write(`${many(names.leftOut, "more name")} left out: say a PREFIX\n`);
  }
  const print = flags.json ? jsonText : text;
  if (!flags.follow) {
    const found = names.sorted();
    if (found.length === 0) {
      // A query may contain a token.
      const [path] = target.path.split("?");
      process.stderr.write(`Nothing like that is published at ${target.authority}${path}\n`);
    }
    process.stdout.write(print(found));
    return done(undefined);
  }
  names.follow((event) => process.stdout.write(eventText(event, flags.json, process)));
  const ended = await Promise.race([session.over, stopped]);
  return ended === undefined ? done(undefined) : failed(sessionEnd(target, ended), EXIT.noRelay);
}

/**
 * Resolves when nothing was heard for a while: no protocol says that these are all names. Where the
 * relay answers who asks for them, the answer is waited for.
 */
function quiet(names: AnnouncedNames, session: ClientSession, clock: Clock): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = () => {
    names.onHeard = () => {};
    latest.cancel();
    pause.cancel();
    resolve(undefined);
  };
  const again = () => {
    pause.cancel();
    pause = clock.after(QUIET_MS, () => isAnswered(session) ? end() : again());
  };
  const latest = clock.after(NAMES_MS, end);
  let pause = latest;
  again();
  names.onHeard = again;
  return promise;
}

/** Whether the relay has said what becomes of the question; in moq-lite none is answered. */
function isAnswered({ metrics, protocol }: ClientSession): boolean {
  const { upstreamRequests: { subscribe_namespace: answers }, inexpressible } = metrics;
  return isLite(protocol) || inexpressible.message > 0 ||
    Object.values(answers).some((count) => count > 0);
}

/** What the relay says to who asks for its names, where it does not tell them. */
function refusalOf({ metrics, protocol }: ClientSession): string | undefined {
  if (metrics.inexpressible.message > 0) {
    return `was not asked: ${protocol} has no words for it, say another --protocol`;
  }
  const { ok, ...others } = metrics.upstreamRequests.subscribe_namespace;
  const [kind] = Object.entries(others).find(([, count]) => count > 0) ?? [];
  return ok > 0 || kind === undefined
    ? undefined
    : `does not tell what is published there: ${kind.replaceAll("_", " ")}`;
}

function text(names: readonly string[]): string {
  return tableText([{ title: "namespace", of: (name: string) => name }], names);
}

function jsonText(namespaces: readonly string[]): string {
  return `${JSON.stringify({ namespaces }, undefined, 2)}\n`;
}

function eventText(
  { kind, namespace }: NameEvent,
  isJson: boolean,
  { clock }: Pick<Process, "clock">,
): string {
  const time = new Date(clock.wall()).toISOString();
  if (isJson) return `${JSON.stringify({ time, event: kind, namespace })}\n`;
  const row = { time: time.slice(11, 19), kind, namespace };
  return tableText([
    { title: "time", of: ({ time }) => time },
    { title: "what", of: ({ kind }) => kind.padEnd("withdrawn".length) },
    { title: "namespace", of: ({ namespace }) => namespace },
  ], [row]).split("\n", 2)[1]! + "\n";
}
