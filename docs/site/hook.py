"""MkDocs' hook: adds the generated pages, and builds the navigation from what is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parents[2]))
# The help of a command must not depend on who builds its page.
for name in [name for name in os.environ if name.startswith("POULTICE_")]:
    del os.environ[name]

from docs.site import browser, navigation, pages  # noqa: E402


@event_priority(-100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Our own shim for pages opened as files, instead of one fetched from elsewhere."""
    config.extra["polyfills"] = ["assets/offline.js"]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Every generated page, then the navigation over all of them."""
    try:
        generated = pages.generated()
    except pages.CannotGenerateError as error:
        raise PluginError(str(error)) from None
    for name, content in generated.items():
        files.append(File.generated(config, name, content=content))
    config.nav = navigation.of([file.src_uri for file in files.documentation_pages()])
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A written page with what the site knows besides."""
    if page.is_homepage:
        page.meta["hide"] = ["navigation", "toc"]
    page.meta.setdefault("search", {"boost": pages.search_weight(page.file.src_uri)})
    return pages.completed(page.file.src_uri, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """mkdocs-click shows click's mark for "no default" as if it were one."""
    return html.replace("<code>Sentinel.UNSET</code>", "")


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """The page that runs the guard; and no page may fetch anything when it is viewed."""
    try:
        browser.build(Path(config.site_dir))
    except browser.PackageError as error:
        raise PluginError(str(error)) from None
    for file in sorted(Path(config.site_dir).rglob("*.html")):
        found = pages.fetches(file.read_text(encoding="utf-8"))
        if found:
            raise PluginError(f"{file}: it would fetch {', '.join(found)}")
