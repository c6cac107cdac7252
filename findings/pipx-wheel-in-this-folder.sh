#!/usr/bin/env bash
# Debian 12's pipx takes a wheel in the current folder for the name of a package.
#
# Surprising: `pip install NAME-1.0-py3-none-any.whl` installs that file, and so does every later pipx.
# pipx 1.1.0 reads the same argument as a requirement first, finds that it can be made one ("name-1-0-py3-
# none-any-whl"), and asks the package index for it: "No matching distribution found". `./NAME-….whl` is
# taken for what it is. A shell's `NAME-*.whl` makes no difference: it has no slash either.
# Where it matters: whoever ships a program as a wheel to people with Debian 12 (pipx 1.1.0-1), and writes
# the obvious line into the instructions.
# Version: pipx 1.1.0 (with `./`, and 1.4.3 without: installed), Python 3.11.
# Source: pipx/package_specifier.py, _parse_specifier: PEP 508 is tried before the path.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIPX_HOME="$work/home" PIPX_BIN_DIR="$work/bin"
for version in 1.1.0 1.4.3; do
	python3 -m venv "$work/$version"
	"$work/$version/bin/python" -m pip install --quiet "pipx==$version"
done
"$work/1.1.0/bin/python" -m pip download --quiet --no-deps --dest "$work" pycowsay==0.0.0.2
cd "$work"
wheel=$(echo pycowsay-*.whl)

try() {
	rm -rf "$PIPX_HOME" "$PIPX_BIN_DIR"
	if "$work/$1/bin/pipx" install "$2" >"$work/log" 2>&1; then
		echo "pipx $1 install $2: installed"
	else
		echo "pipx $1 install $2: $(grep -o 'No matching distribution found' "$work/log" | head -1)"
	fi
}
seen=$(try 1.1.0 "$wheel" && try 1.1.0 "./$wheel" && try 1.4.3 "$wheel")
echo "$seen"
[ "$seen" = "pipx 1.1.0 install $wheel: No matching distribution found
pipx 1.1.0 install ./$wheel: installed
pipx 1.4.3 install $wheel: installed" ]
