import { fieldText } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import { fieldsOfUrl } from "./paths.ts";
import {
  allowsUnder,
  type FieldMatch,
  type Policy,
  type Right,
  RIGHTS,
  type Rule,
} from "./policy.ts";

const WORDS: Readonly<Record<Right, string>> = {
  publish: "publish",
  announce: "announce",
  subscribe: "subscribe",
  fetch: "fetch",
  status: "track status",
  see: "see namespaces",
};

/** What a token may do, for people; with a path also what of that counts for a session there. */
export function policyText(policy: Policy, path?: string): string {
  const { holder, until, isRelay } = policy;
  const rows = [
    ["token", holder.tokenId ?? "-"],
    ["key", holder.keyId ?? "-"],
    ...(holder.subject === undefined ? [] : [["subject", holder.subject]]),
    ...(holder.tenant === undefined ? [] : [["tenant", holder.tenant]]),
    ["expires", until === Infinity ? "never" : new Date(until).toISOString()],
    ...(isRelay ? [["relay", "yes"]] : []),
    ...RIGHTS.map((right) => [WORDS[right], rulesText(policy.rules[right])]),
  ];
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  const lines = rows.map(([name = "", value]) => `${name.padEnd(width)}  ${value}\n`).join("");
  return path === undefined ? lines : lines + pathText(policy, path);
}

/** Whether a token allows anything for a session at a path. */
export function isFor(policy: Policy, path: string): boolean {
  return rightsAt(policy, fieldsOfUrl(path)).length > 0;
}

function rightsAt(policy: Policy, path: Namespace): Right[] {
  return RIGHTS.filter((right) => allowsUnder(policy, right, { path, namespace: [] }));
}

function pathText(policy: Policy, path: string): string {
  const fields = fieldsOfUrl(path);
  const rights = rightsAt(policy, fields);
  const where = `at path ${textOf(fields)}:`;
  if (rights.length === 0) return `${where} refused, the token is not for this path\n`;
  return `${where} admitted, may ${rights.map((right) => WORDS[right]).join(", ")}\n`;
}

function textOf(fields: Namespace): string {
  return `/${fields.map(fieldText).join("/")}`;
}

function rulesText(rules: readonly Rule[]): string {
  return rules.length === 0 ? "nothing" : rules.map(ruleText).join(", ");
}

function ruleText({ fields, isOpen, track }: Rule): string {
  const names = `/${fields.map(matchText).join("/")}`;
  const open = !isOpen ? "" : fields.length === 0 ? "**" : "/**";
  return `${names}${open}${track === undefined ? "" : ` · ${matchText(track)}`}`;
}

function matchText({ kind, value }: FieldMatch): string {
  const text = fieldText(value);
  if (kind === "exact") return text;
  return kind === "prefix" ? `${text}*` : `*${text}`;
}
