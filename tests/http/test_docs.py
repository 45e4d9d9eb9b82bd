"""The page at `/docs` and the documents behind it (rule S21)."""

import re

import pytest

from backchannel.http.docs.config import PAGES, SCRIPTS
from backchannel.http.docs.document import completed
from tests.http.conftest import Client

SCRIPT_PATHS = [f"/docs/{name}" for name in SCRIPTS]
FILES = [
    ("/docs", "text/html; charset=utf-8"),
    ("/docs/docs.css", "text/css; charset=utf-8"),
    ("/docs/reference.css", "text/css; charset=utf-8"),
    *((f"/docs/{name}", "text/javascript; charset=utf-8") for name in SCRIPTS),
    *((f"/docs/{name}", "text/html; charset=utf-8") for name in PAGES),
    ("/docs/openapi.json", "application/json"),
    ("/docs/extra.json", "application/json"),
]


@pytest.mark.parametrize(("path", "media_type"), FILES)
def test_public_docs_are_served(client: Client, path: str, media_type: str) -> None:
    response = client(docs=True).get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type


@pytest.mark.parametrize("path", [path for path, _ in FILES] + ["/docs/", "/schema"])
def test_S21_unpublished_docs_are_404(client: Client, path: str) -> None:
    response = client().get(path)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(client: Client) -> None:
    asked = client(docs=True)
    page = asked.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for path in ("/docs", "/docs/docs.css", "/docs/reference.css", *SCRIPT_PATHS):
        assert not re.search(r"https?://|//cdn|@import|url\(", asked.get(path).text)
    for path in ("/docs", *(f"/docs/{name}" for name in PAGES)):
        html = asked.get(path).text
        assert not re.search(r"<script(?![^>]+src=)|<style| style=| on\w+=", html)
        assert not re.search(r"(src|rel=\"stylesheet\" href)=\"(?!/docs/)", html)
    for path in SCRIPT_PATHS:
        assert "innerHTML" not in asked.get(path).text


def test_the_document_has_the_configured_version_and_tags(client: Client) -> None:
    document = client(docs=True).get("/docs/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == "1.2.3"
    assert document["tags"] == [{"name": "Health", "description": "Probes."}]
    assert document["x-tagGroups"] == [{"name": "Operation", "tags": ["Health"]}]
    assert "/thing" in document["paths"]


def test_unknown_path_below_docs_is_404(client: Client) -> None:
    assert client(docs=True).get("/docs/nothing").status_code == 404


def test_an_optional_body_is_described_as_optional() -> None:
    schema = {"oneOf": [{"type": "object"}, {"type": "null"}]}
    body = {"content": {"application/json": {"schema": schema}}, "required": True}
    operation = {"requestBody": body, "responses": {}}
    document = {"components": {"schemas": {}}, "paths": {"/thing": {"post": operation}}}
    described = completed(document)["paths"]["/thing"]["post"]
    assert described["requestBody"]["required"] is False
