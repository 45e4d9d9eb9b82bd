"""Makes the pages below `/docs` from docs/*.md: `python -m tests.docs.pages`."""

import re
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from backchannel.http.docs.config import PAGES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "src" / "backchannel" / "http" / "docs" / "page"
TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Backchannel</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body class="page">
<header>
  <p class="brand"><a href="/docs">Backchannel</a></p>
  <nav class="pages" aria-label="Documentation">
    <a href="/docs/getting-started">Getting started</a>
    <a href="/docs/protocol">Protocol</a>
    <a href="/docs">Reference</a>
  </nav>
</header>
<main>
{body}</main>
</body>
</html>
"""


def page(name: str) -> str:
    """The HTML of docs/NAME.md."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse((ROOT / "docs" / f"{name}.md").read_text("utf-8"))
    _give_headings_ids(tokens)
    for token in tokens:
        _keep_links_that_are_served(token)
    title = next(each.content for each in tokens if each.type == "inline")
    body = markdown.renderer.render(tokens, markdown.options, {})
    own = f'<a href="/docs/{name}"'
    return TEMPLATE.format(title=escape(title), body=body).replace(
        own, f'{own} aria-current="page"', 1
    )


def _give_headings_ids(tokens: Sequence[Token]) -> None:
    for opening, text in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", re.sub(r"\W+", "-", text.content.lower()).strip("-"))


def _keep_links_that_are_served(token: Token) -> None:
    """The server has only these pages; a link to another page is replaced by its text."""
    kept: list[Token] = []
    is_dropped = False
    for each in token.children or ():
        if each.type == "link_open":
            target = _served(str(each.attrGet("href")))
            is_dropped = target is None
            each.attrSet("href", target or "")
        if not (is_dropped and each.type in {"link_open", "link_close"}):
            kept.append(each)
    if token.children is not None:
        token.children = kept


def _served(href: str) -> str | None:
    path, hash_, anchor = href.partition("#")
    if not path or path.startswith("https:"):
        return href
    name = path.removesuffix(".md")
    return f"/docs/{name}{hash_}{anchor}" if name in PAGES else None


def main() -> None:
    """Write all pages."""
    for name in PAGES:
        (FOLDER / f"{name}.html").write_text(page(name), "utf-8")


if __name__ == "__main__":
    main()
