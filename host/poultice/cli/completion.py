"""`poultice completion`, and the answers to the shells' questions: click's, with one thing mended.

Bash cuts a word at each of the characters in COMP_WORDBREAKS, `:` and `=` among them, and then
replaces the last piece alone: of `usb:E660` only `E660`. So the whole line is read here, and the
pieces that stand already are taken off each answer.
"""

from __future__ import annotations

import os
import sys

import click
from click import shell_completion
from click.shell_completion import CompletionItem

from poultice.cli.base import Command

VARIABLE = "_POULTICE_COMPLETE"

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" \\
        COMP_WORDBREAKS="$COMP_WORDBREAKS" COMP_WORDS="${COMP_WORDS[*]}" \\
        COMP_CWORD="$COMP_CWORD" %(complete_var)s=bash_complete "$1" 2>/dev/null)
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        if [[ $type == dir ]]; then
            COMPREPLY=()
            compopt -o dirnames
        elif [[ $type == file ]]; then
            COMPREPLY=()
            compopt -o default
        elif [[ $type == plain ]]; then
            COMPREPLY+=("$value")
            if [[ $value == *[:=@?] ]]; then compopt -o nospace; fi
        fi
    done
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_INSTALL = {
    "bash": (
        "mkdir -p ~/.local/share/bash-completion/completions",
        "poultice completion bash > ~/.local/share/bash-completion/completions/poultice",
        "Without the package bash-completion, in ~/.bashrc: source <(poultice completion bash)",
    ),
    "zsh": (
        "mkdir -p ~/.zfunc && poultice completion zsh > ~/.zfunc/_poultice",
        "and in ~/.zshrc, before compinit: fpath+=~/.zfunc; autoload -Uz compinit && compinit",
    ),
    "fish": ("poultice completion fish > ~/.config/fish/completions/poultice.fish",),
}


class Bash(shell_completion.BashComplete):
    """Click's, for words with `:` and `=` in them. Needs bash 4.4 (2016) or newer."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one, as the person sees them."""
        self._cut = 0
        line = os.environ.get("COMP_LINE")
        if line is None:
            return super().get_completion_args()
        typed = line[: int(os.environ.get("COMP_POINT") or len(line))]
        words = shell_completion.split_arg_string(typed)
        if typed[-1:].isspace():
            words.append("")
        word = words[-1]
        # In quotes bash does not cut.
        if typed.endswith(word) and typed[: len(typed) - len(word)][-1:] not in ("'", '"'):
            breaks = set(os.environ.get("COMP_WORDBREAKS", ":=")) & set(":=")
            self._cut = max((word.rfind(one) + 1 for one in breaks), default=0)
        self._word = word
        return words[1:-1], word

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Click's, less what stands before the last break already."""
        found = super().get_completions(args, incomplete)
        for item in found:
            if self._cut and item.type == "plain":
                # `--device=sim:` is completed from `sim:` on.
                stands = self._word[: self._cut]
                at = self._cut
                if not item.value.startswith(stands) and stands.startswith("-"):
                    at -= len(stands.partition("=")[0]) + 1
                item.value = item.value[max(0, at) :]
        return found

    def source(self) -> str:
        """The script; nothing is run to find out which bash this is."""
        return self.source_template % self.source_vars()


def answer() -> int:
    """Answer a shell that asks by the environment; the exit code. Says nothing else, ever."""
    from poultice.cli.app import root

    shell, _, what = os.environ[VARIABLE].partition("_")
    try:
        if what == "source":
            print(script(shell), end="")
            return 0
        print(_shell(shell)(root, {}, "poultice", VARIABLE).complete())
        return 0
    except Exception:
        if os.environ.get("POULTICE_DEBUG"):
            raise
        return 1


def script(shell: str) -> str:
    """The script for `shell`, with how to install it in its head."""
    from poultice.cli.app import root

    source = _shell(shell)(root, {}, "poultice", VARIABLE).source()
    head = "".join(f"# {line}\n" for line in ("To install:", *_INSTALL[shell]))
    # zsh wants `#compdef` in the first line.
    first, _, rest = source.partition("\n")
    if first.startswith("#compdef"):
        return f"{first}\n{head}{rest}"
    return head + source


def _shell(name: str) -> type[shell_completion.ShellComplete]:
    if name == "bash":
        return Bash
    found = shell_completion.get_completion_class(name)
    if found is None or name not in _INSTALL:
        raise ValueError(name)
    return found


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(list(_INSTALL)))
def completion(shell: str) -> None:
    """Print the completion script for SHELL; its first lines say how to install it."""
    from poultice.cli import output

    output.lines(script(shell).splitlines(), None)
    if sys.stdout.isatty():
        output.say("how to install it is said in the first lines")
