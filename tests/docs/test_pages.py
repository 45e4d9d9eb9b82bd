"""The pages below `/docs` have the content of docs/*.md."""

import re

import pytest

from backchannel.http.docs.config import PAGES
from tests.docs.pages import FOLDER, page


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_up_to_date_with_its_document(name: str) -> None:
    assert (FOLDER / f"{name}.html").read_text("utf-8") == page(name), "run `make docs`"


@pytest.mark.parametrize("name", PAGES)
def test_links_of_a_page_lead_to_served_paths(name: str) -> None:
    html = page(name)
    local = [href for href in re.findall(r'href="([^"]+)"', html) if not href.startswith("https:")]
    for href in local:
        path, _, anchor = href.partition("#")
        target = path.removeprefix("/docs/") if path else name
        assert path in ("", "/docs") or target in (*PAGES, "docs.css"), href
        if anchor and target in PAGES:
            assert f'id="{anchor}"' in page(target), href
