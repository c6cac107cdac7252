"""The pages on which the device's logic, and the host's, run in a browser: what they are made of.

The core is taken as it is, file by file. The simulator's plant and board, and the host, are written
for CPython: they are put into MicroPython's dialect by rule and not by hand (`dialect`).
The interpreter is MicroPython's own WebAssembly port, from its package, pinned by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from docs import catalogues
from docs.site.dialect import as_steps, without_types
from poultice import language, pofile
from poultice.device import fingerprint
from poultice.link import messages
from poultice.record.schema import COUNTS, SAMPLE_COLUMNS
from poultice.therapy import library, screening

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/browser"
CACHE = ROOT / "build/cache"


class Package(NamedTuple):
    """One of npm's, pinned by the digest of its archive; its files, by their names in the page."""

    name: str
    version: str
    sha512: str
    files: Mapping[str, str]


PACKAGES = (
    Package(
        "@micropython/micropython-webassembly-pyscript",
        "1.27.0",
        "DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSiZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA==",
        {"micropython.mjs": "micropython.mjs", "micropython.wasm": "micropython.wasm"},
    ),
    # Where a browser has WebUSB and no serial ports: Chrome on a telephone.
    Package(
        "web-serial-polyfill",
        "1.0.15",
        "usZN7kGRkEWr8DzRWxW+og55L1fHo4hNIwxCSCfWKpM+i0L+2AwzupMvkDFxnJNqUFOhLaD3PlgAOJxUOUrAoA==",
        {"serial.js": "dist/serial.js"},
    ),
)

CORE = ROOT / "firmware/core/poultice_core"
HOST = ROOT / "host/poultice"
SIMULATED = ("adc", "body", "plant", "preset", "relays", "thermistors", "virtual_board")

# What of CPython's library these use and MicroPython lacks, or has in part.
SHIMS = PAGE / "shims"
# The modules of the host that the page of a real pad runs, those that wait for a device apart.
HOSTED = ("errors", "remedies", "temperature", "texts", "words", "link/messages", "session/orders",
          "session/tally", "therapy/phase", "therapy/plan", "therapy/screening")  # fmt: skip
WAITING = ("link/client", "session/__init__", "session/engine")
# What each calls itself.
LANGUAGES = {"de": "Deutsch", "en": "English"}
# Their tables, which the page reads as JSON.
TABLES = ("texts.toml", "therapy/questions.toml")


class PackageError(Exception):
    """The interpreter could not be fetched, or is not the one that is pinned."""


def sources() -> dict[str, str]:
    """Path below the interpreter's file system -> source text."""
    found = _core()
    for name in SIMULATED:
        found[f"poultice/virtual/{name}.py"] = without_types(_host(f"virtual/{name}.py"))
    found |= dict.fromkeys(("poultice/__init__.py", "poultice/virtual/__init__.py"), "")
    return found | _shims() | {"device.py": _page("device.py")}


def pad_sources() -> dict[str, str]:
    """The same of the page that runs a real pad: the host's own modules."""
    found = _core()
    empty = ("poultice", "poultice/link", "poultice/therapy")
    found |= {f"{package}/__init__.py": "" for package in empty}
    kinds = [
        f"{name!r}: ({', '.join(map(_named, told))},)" for name, told in messages.KINDS.items()
    ]
    values = {"KINDS": f"{{{', '.join(kinds)}}}"}
    for name in HOSTED:
        found[f"poultice/{name}.py"] = without_types(_host(f"{name}.py"), values)
    waiting = {name: without_types(_host(f"{name}.py")) for name in WAITING}
    for name, text in as_steps(waiting, "receive", never=("orders", "tally")).items():
        found[f"poultice/{name}.py"] = text
    for name in TABLES:
        found[f"poultice/{name}"] = json.dumps(tomllib.loads(_host(name)))
    found["poultice/link/wire.py"] = _page("wire.py")
    found["poultice/language.py"] = _page("language.py")
    own = {name: _page(name) for name in ("commands.py", "pad.py")}
    return found | _shims() | own | {"library.json": library_json()}


def library_json() -> str:
    """The shipped protocols as their files say, the fingerprint of the logic that these tests were
    run on, and names whose order MicroPython's tables do not keep: of a record, of ages."""
    told = []
    for one in library.all_protocols():
        members = {**vars(one), "phases": [vars(phase) for phase in one.phases]}
        del members["source"]
        told.append(members)
    core = fingerprint.fingerprint(CORE)
    more = {"columns": SAMPLE_COLUMNS, "counts": COUNTS, "ages": list(screening.INJURY_AGES)}
    return json.dumps({"protocols": told, "core": core, **more})


def _named(kind: type) -> str:
    return "type(None)" if kind is type(None) else kind.__name__


def _core() -> dict[str, str]:
    return {
        path.relative_to(CORE.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(CORE.rglob("*.py"))
    }


def _shims() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in SHIMS.glob("*.py")}


def _host(name: str) -> str:
    return (HOST / name).read_text(encoding="utf-8")


def _page(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def build(site: Path) -> None:
    """Put what the page loads beside it. Raises PackageError."""
    target = site / "browser"
    for name, content in packaged().items():
        (target / name).write_bytes(content)
    files = sources()
    core = {name: _digest(text) for name, text in files.items() if name.startswith("poultice_core")}
    whole = {"files": files, "core_sha256": core}
    (target / "sources.json").write_text(json.dumps(whole), encoding="utf-8")
    (target / "pad.json").write_text(json.dumps({"files": pad_sources()}), encoding="utf-8")
    page = (target / "pad.html").read_text(encoding="utf-8")
    for name in language.KNOWN:
        told = catalogue(name)
        file = "pad.html" if name == language.ENGLISH else f"pad.{name}.html"
        (target / file).write_text(translated(page, name, told), encoding="utf-8")
        if told:
            (target / f"catalogue.{name}.json").write_text(json.dumps(told), encoding="utf-8")
    for path in sorted(target.rglob("*.py")):
        path.unlink()


def catalogue(name: str) -> dict[str, list[str]]:
    """All that this language's catalogue translates: each English text and its forms."""
    if name == language.ENGLISH:
        return {}
    book = pofile.Catalogue(HOST / "locale" / name / "LC_MESSAGES" / "poultice.po")
    told = {one.one: book.forms(one.one, one.many) for one in catalogues.extracted()}
    return {text: forms for text, forms in told.items() if forms}


def translated(page: str, name: str, told: Mapping[str, list[str]]) -> str:
    """The page in a language: what is marked `data-tr`, and links to it in the others."""

    def said(found: re.Match[str]) -> str:
        text = " ".join(found["text"].split())
        begin = f"<{found['tag']}{found['more']}{found['rest']}>"
        return f"{begin}{told.get(text, [text])[0]}</{found['tag']}>"

    links = [
        f'<a href="pad{"" if one == language.ENGLISH else f".{one}"}.html" hreflang="{one}"'
        f' lang="{one}">{LANGUAGES.get(one, one)}</a>'
        for one in language.KNOWN
        if one != name
    ]
    page = catalogues.MARKED.sub(said, page)
    page = page.replace('<html lang="en">', f'<html lang="{name}">')
    return page.replace('<p id="languages"></p>', f'<p id="languages">{" ".join(links)}</p>')


def packaged() -> dict[str, bytes]:
    """What the pages need of others, from the cache or by npm. Raises PackageError."""
    found: dict[str, bytes] = {}
    for package in PACKAGES:
        archive = CACHE / f"{package.name.rpartition('/')[2]}-{package.version}.tgz"
        if not archive.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            _fetch(package, archive)
        content = archive.read_bytes()
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        if digest != package.sha512:
            archive.unlink()
            raise PackageError(f"{package.name} is not what is pinned: sha512-{digest}")
        with tarfile.open(archive) as packed:
            for name, inside in package.files.items():
                file = packed.extractfile(f"package/{inside}")
                assert file is not None
                found[name] = file.read()
    return found


def _fetch(package: Package, archive: Path) -> None:
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    try:
        done = subprocess.run(
            [*command, "--pack-destination", str(CACHE)],
            capture_output=True,
            text=True,
            check=True,
            cwd=CACHE,
        )
    except FileNotFoundError:
        raise PackageError("npm is needed to fetch the interpreter: apt-get install npm") from None
    except subprocess.CalledProcessError as error:
        problem = f"npm could not fetch {package.name}: {error.stderr.strip()}"
        raise PackageError(problem) from None
    (CACHE / done.stdout.strip().splitlines()[-1]).replace(archive)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
