"""completion: what a shell needs to complete verbs, options and file names."""

import argparse
import importlib

from hetero2.commands.verbs import GROUPS, INSIDE
from hetero2.runtime.lean_imports import lean_imports

EXAMPLE = "hetero2 completion bash > ~/.local/share/bash-completion/completions/hetero2"
_BASH = """\
# Completion of hetero2 for bash; written by `hetero2 completion bash`.
_hetero2() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{verbs}"
  else
    case ${{COMP_WORDS[1]}} in
{cases}
    esac
  fi
  if [ "$COMP_CWORD" -eq 1 ] || [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  fi
}}
complete -o default -F _hetero2 hetero2
"""
_ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the shell."""
    parser.add_argument(
        "shell", choices=("bash", "zsh"), help="source what is printed, or save it where it is looked for"
    )


def options(module_name: str) -> list[str]:
    """The options of a verb, those of its actions too."""
    parser = argparse.ArgumentParser()
    with lean_imports():
        module = importlib.import_module(module_name)
    module.add_arguments(parser)
    return sorted(_options(parser))


def _options(parser: argparse.ArgumentParser) -> set[str]:
    names = {name for action in parser._actions for name in action.option_strings if name.startswith("--")}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            names |= set().union(*map(_options, action.choices.values()))
    return names


def script(shell: str) -> str:
    """The script for a shell: verbs for people, and the options of each."""
    verbs = {verb: entry[0] for group, entries in GROUPS.items() if group != INSIDE for verb, entry in entries.items()}
    cases = "\n".join(f'      {verb}) words="{" ".join(options(module))}" ;;' for verb, module in verbs.items())
    return (_ZSH if shell == "zsh" else "") + _BASH.format(verbs=" ".join(verbs), cases=cases)


def run(args: argparse.Namespace) -> None:
    """Print the script."""
    print(script(args.shell), end="")
