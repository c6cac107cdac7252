"""`poultice completion`, and the answers to the shells' questions: click's, with things mended.

Bash cuts a word at each of the characters in COMP_WORDBREAKS, `:` and `=` among them, and at a
quote that is open, and then replaces the last piece alone: of `usb:E660` only `E660`. So the whole
line is read here, and the pieces that stand already are taken off each answer. A quote is never
lost on the way: what stands behind it may hold an `&`, and the shell would take that for its own.
"""

from __future__ import annotations

import os
import shlex
import sys

import click
from click import shell_completion
from click.shell_completion import CompletionItem

from poultice.cli import output
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
        elif [[ $type == path ]]; then
            compopt -o filenames
            COMPREPLY+=("$value")
        elif [[ $type == plain ]]; then
            COMPREPLY+=("$value")
            case $value in *[:=@?] | *[:=@?]\\') compopt -o nospace ;; esac
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


class _Word:
    """The word before the cursor as bash sees it: `cut` characters of it stand and are kept.

    `quote` is the quote that is open, `closed` whether there was one that is not.
    """

    def __init__(self, typed: str, breaks: str) -> None:
        self.quote = ""
        self.closed = False
        self.cut = length = 0
        escaped = False
        for one in typed:
            if escaped:
                escaped, length = False, length + 1
            elif one == "\\" and self.quote != "'":
                escaped = self.closed = True
            elif self.quote:
                if one == self.quote:
                    self.quote, self.closed = "", True
                else:
                    length += 1
            elif one in "'\"":
                self.quote, opened = one, length
            elif one.isspace():
                self.closed, self.cut, length = False, 0, 0
            else:
                length += 1
                if one in breaks:
                    self.cut, self.closed = length, False
        if self.quote:
            self.cut = opened


class Bash(_WholeWords, shell_completion.BashComplete):
    """For words with `:` and `=` in them. Needs bash 4.4 (2016) or newer."""

    source_template = _BASH
    _word = _Word("", "")

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one, as the person sees them."""
        line = os.environ.get("COMP_LINE")
        if line is None:
            return super().get_completion_args()
        typed = line[: int(os.environ.get("COMP_POINT") or len(line))]
        words = shell_completion.split_arg_string(typed)
        if not words or typed[-1:].isspace():
            words.append("")
        breaks = set(os.environ.get("COMP_WORDBREAKS", ":=")) & set(":=")
        self._word = _Word(typed, "".join(breaks))
        return words[1:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Less what stands before the last break already."""
        found = super().get_completions(args, incomplete)
        word = self._word
        for item in found:
            if item.type in ("plain", "path"):
                item.value = item.value[word.cut :]
                if word.closed and not word.quote and item.type == "plain":
                    item.value = shlex.quote(item.value)
        if word.quote and len(found) == 1 and found[0].value[-1:] in (*":=@?",):
            # The only answer there is would be given a closing quote, and more is to follow.
            found.append(CompletionItem(f"{found[0].value}..."))
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
    ).replace(
        """        elif [[ "$type" == "dir" ]]; then""",
        """        elif [[ "$type" == "path" ]]; then
            local -a how=(-U -V unsorted)
            if [[ "$key" == */ ]]; then how+=(-S ''); fi
            # A quoted ~ would be no home any more.
            if [[ "$key" == '~'* ]]; then how+=(-Q); key="~${(q)key[2,-1]}"; fi
            compadd "${how[@]}" -- "$key"
        elif [[ "$type" == "dir" ]]; then""",
    )


class Fish(_WholeWords, shell_completion.FishComplete):
    """Click's, for words with a comma in them; fish itself adds no space behind what goes on."""

    source_template = shell_completion.FishComplete.source_template.replace(
        'string split ","', 'string split -m 1 ","'
    ).replace('= "plain";', '= "plain"; or test $metadata[1] = "path";')


_SHELLS: dict[str, type[shell_completion.ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def answer() -> int:
    """Answer a shell that asks by the environment; the exit code. Says nothing else, ever."""
    from poultice.cli.root import root

    shell, _, what = os.environ[VARIABLE].partition("_")
    try:
        if what == "source":
            print(script(shell), end="")
        else:
            print(_SHELLS[shell](root, {}, "poultice", VARIABLE).complete())
        return 0
    except Exception:
        if os.environ.get("POULTICE_DEBUG"):
            raise
        return 1


def script(shell: str) -> str:
    """The script for `shell`, with how to install it in its head."""
    from poultice.cli.root import root

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
    output.lines(script(shell).splitlines(), None)
    if sys.stdout.isatty():
        output.say("how to install it is said in the first lines")
