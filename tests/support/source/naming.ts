/** Words that are not used in code, each with the field's term for it. */
const REPLACED: ReadonlyMap<string, string> = new Map([
  ["asker", "search, or the one that requests"],
  ["burden", "quota, or the limit that is exceeded"],
  ["doubt", "stale"],
  ["departure", "drain"],
  ["intake", "accept loop"],
  ["introduction", "handshake"],
  ["leg", "upstream subscription"],
  ["retiring", "draining"],
  ["roundabout", "routing loop"],
  ["way", "route, or path"],
  ["wish", "request, or parameter"],
  ["holdings", "state"],
  ["surroundings", "context, environment"],
]);

/** Idioms of replaced words that mean something else, and names that users configure. */
const IDIOMS = new RegExp(
  [
    "under ?way",
    "give ?way",
    "(?:in|on) ?(?:the|this|that|one|a) ?way",
    "all the way",
    "(?:both|each|that) ways?",
    "(?:one|no)_?way",
    "(?:however many|of the) ways",
  ].join("|"),
  "gi",
);

const PRODUCTION = /^(?:relay|sdn|shared)\/.*\.ts$/;

const EXPORT = /^export (?:[a-z]+ )*?(class|function|interface|type|const) (\w+)/gm;

/** Names of files that say what kind of content a file has, not which. */
const KINDS: ReadonlySet<string> = new Set(["mod", "types", "errors", "limits", "main"]);

/** The uses of replaced words in names and comments, as `path:line word: term`. */
export function findReplacedWords(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const suspect = new RegExp([...REPLACED.keys()].join("|"), "i");
  for (const [path, source] of files) {
    if (!PRODUCTION.test(path)) continue;
    source.split("\n").forEach((line, at) => {
      if (!suspect.test(line)) return;
      const words = line.replaceAll(IDIOMS, " ").match(/[A-Z]?[a-z]+/g) ?? [];
      const stems = new Set(words.map((word) => stemOf(word.toLowerCase())));
      for (const [word, term] of REPLACED) {
        if (stems.has(stemOf(word))) found.push(`${path}:${at + 1} ${word}: ${term}`);
      }
    });
  }
  return found.sort();
}

/** The files that export a class, but nothing with a word of the file's name, as `path Class`. */
export function findMisnamedFiles(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    const name = path.match(/([^/]+)\.ts$/)?.[1];
    if (name === undefined || !PRODUCTION.test(path) || /_test$|_bench$/.test(name)) continue;
    const words = new Set(name.split("_").map(stemOf));
    const exported = Array.from(source.matchAll(EXPORT), ([, kind, one]) => [kind!, one!] as const);
    const classes = exported.filter(([kind]) => kind === "class").map(([, one]) => one);
    if (KINDS.has(name) || classes.length === 0) continue;
    if (exported.some(([, one]) => wordsOf(one).some((word) => words.has(word)))) continue;
    found.push(`${path} ${classes.join(" ")}`);
  }
  return found.sort();
}

function wordsOf(identifier: string): string[] {
  const words = identifier.match(/[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*/g) ?? [];
  return words.map((word) => stemOf(word.toLowerCase()));
}

/** A word without the ending of a plural or of a past tense. */
function stemOf(word: string): string {
  return word.replace(/(?<=..)(?:(?<=sh)es|s|ed)$/, "");
}
