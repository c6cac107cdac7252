"""`poultice completion`, and the answers to the shells' questions: click's, with two things mended.

Bash cuts a word at each of the characters in COMP_WORDBREAKS, `:` and `=` among them, and then
replaces the last piece alone: of `usb:E660` only `E660`. So the whole line is read here, and the
pieces that stand already are taken off each answer. And `--device=` is kept before what follows it.
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


class _WholeWords(shell_completion.ShellComplete):
    """Click completes `--device=si` from `si` on; a shell wants the word as it stands."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("-"):
            for item in found:
                item.value = f"{option}={item.value}"
        return found


class Bash(_WholeWords, shell_completion.BashComplete):
    """For words with `:` and `=` in them. Needs bash 4.4 (2016) or newer."""

    source_template = _BASH
    _cut = 0

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one, as the person sees them."""
        line = os.environ.get("COMP_LINE")
        if line is None:
            return super().get_completion_args()
        typed = line[: int(os.environ.get("COMP_POINT") or len(line))]
        words = shell_completion.split_arg_string(typed)
        if not words or typed[-1:].isspace():
            words.append("")
        word = words[-1]
        # In quotes bash does not cut.
        if typed.endswith(word) and typed[: len(typed) - len(word)][-1:] not in ("'", '"'):
            breaks = set(os.environ.get("COMP_WORDBREAKS", ":=")) & set(":=")
            self._cut = max((word.rfind(one) + 1 for one in breaks), default=0)
        return words[1:-1], word

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Less what stands before the last break already."""
        found = super().get_completions(args, incomplete)
        for item in found:
            if item.type == "plain":
                item.value = item.value[self._cut :]
        return found

    def source(self) -> str:
        """The script; nothing is run to find out which bash this is."""
        return self.source_template % self.source_vars()


class Zsh(_WholeWords, shell_completion.ZshComplete):
    """Click's, without a space behind what goes on, such as `sim:` or `sensor_b=`."""

    source_template = shell_completion.ZshComplete.source_template.replace(
        "compadd -U -V unsorted -a completions",
        "compadd -U -V unsorted -- ${completions:#*[:=@?]}\n"
        "        compadd -U -V unsorted -S '' -- ${(M)completions:#*[:=@?]}",
    )


class Fish(_WholeWords, shell_completion.FishComplete):
    """Click's; fish itself adds no space behind what goes on."""


_SHELLS: dict[str, type[shell_completion.ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def answer() -> int:
    """Answer a shell that asks by the environment; the exit code. Says nothing else, ever."""
    from poultice.cli.app import root

    shell, _, what = os.environ[VARIABLE].partition("_")
    try:
        if what == "source":
            print(script(shell), end="")
            return 0
        print(_SHELLS[shell](root, {}, "poultice", VARIABLE).complete())
        return 0
    except Exception:
        if os.environ.get("POULTICE_DEBUG"):
            raise
        return 1


def script(shell: str) -> str:
    """The script for `shell`, with how to install it in its head."""
    from poultice.cli.app import root

    source = _SHELLS[shell](root, {}, "poultice", VARIABLE).source()
    head = "".join(f"# {line}\n" for line in ("To install:", *_INSTALL[shell]))
    # zsh wants `#compdef` in the first line.
    first, _, rest = source.partition("\n")
    if first.startswith("#compdef"):
        return f"{first}\n{head}{rest}"
    return head + source


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def completion(shell: str) -> None:
    """Print the completion script for SHELL; its first lines say how to install it."""
    from poultice.cli import output

    output.lines(script(shell).splitlines(), None)
    if sys.stdout.isatty():
        output.say("how to install it is said in the first lines")
