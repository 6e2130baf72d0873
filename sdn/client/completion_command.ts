import { complain } from "@qumo/shared/runtime";
import type { ClientProcess } from "./client_process.ts";
import { type ClientCommand, EXIT } from "./command.ts";
import { CLIENT_COMMANDS } from "./names.ts";

const HELP = `Usage: qumo-sdn completion bash|zsh|fish

Prints what makes a shell complete the commands of qumo-sdn:

  bash   source <(qumo-sdn completion bash)
  zsh    source <(qumo-sdn completion zsh)
  fish   qumo-sdn completion fish | source
`;

/** The words that begin a command of the program itself. */
const OWN = ["serve", "check", "health", "version", "backup"];

const SHARED_FLAGS = ["--url", "--token-file", "--ca-file", "--context", "--help"];

/** Prints the completions for a shell; returns the exit code. */
export function completionCommand(
  words: readonly string[],
  commands: readonly ClientCommand[],
  process: ClientProcess,
): number {
  const [shell = "", ...more] = words;
  if (["--help", "-h"].includes(shell)) {
    process.stdout.write(HELP);
    return 0;
  }
  const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (write === undefined || more.length > 0) return complain(process, HELP, EXIT.usage);
  process.stdout.write(write(commands));
  return 0;
}

const SHELLS: Readonly<Record<string, (commands: readonly ClientCommand[]) => string>> = {
  bash,
  zsh: (commands) => `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`,
  fish,
};

/** What can come behind a command. */
function behind({ choices = [], flags = [] }: ClientCommand): string {
  return [...choices, ...flags.map((flag) => `--${flag}`), ...SHARED_FLAGS].join(" ");
}

function bash(commands: readonly ClientCommand[]): string {
  const cases = commands.map((one) => `    ${one.name}) words="${behind(one)}" ;;`).join("\n");
  return `_qumo_sdn() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases}
    completion) words="bash zsh fish" ;;
  esac
  [ "$COMP_CWORD" -le 1 ] && words="${[...OWN, ...Object.keys(CLIENT_COMMANDS)].join(" ")}"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _qumo_sdn qumo-sdn
`;
}

function fish(commands: readonly ClientCommand[]): string {
  const first = Object.entries(CLIENT_COMMANDS).map(([name, what]) =>
    `complete -c qumo-sdn -n __fish_use_subcommand -a ${name} -d '${what}'`
  );
  const own = `complete -c qumo-sdn -n __fish_use_subcommand -a '${OWN.join(" ")}'`;
  const more = commands.map((one) =>
    `complete -c qumo-sdn -n '__fish_seen_subcommand_from ${one.name}' -a '${behind(one)}'`
  );
  return `${[own, ...first, ...more].join("\n")}\n`;
}
