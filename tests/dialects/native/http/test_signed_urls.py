"""Signed URLs of files, for requests without headers."""

import os

from tests.support import media
from tests.support.api import Api, Caller, Json
from tests.support.files import fetch, upload

CONTENT = os.urandom(1_000)


def signed(caller: Caller, *files: Json) -> list[Json]:
    """The signed URLs of these files."""
    ids = [each["id"] for each in files]
    items: list[Json] = caller.post("/v1/files/urls", file_ids=ids)["items"]
    assert [each["file_id"] for each in items] == ids
    return items


def test_a_signed_url_opens_one_file_without_a_header(api: Api, ada: Caller, bob: Caller) -> None:
    picture, text = upload(ada, media.png(), "a.png"), upload(ada, CONTENT)
    picture_urls, text_urls = signed(ada, picture, text)
    assert signed(ada, text)[0] == text_urls
    anonymous = api.anonymous
    got = fetch(anonymous, text_urls["url"], range="bytes=5-7")
    assert (got.status_code, got.content) == (206, CONTENT[5:8])
    assert 0 < int(got.headers["cache-control"].removeprefix("private, max-age=")) <= 900
    assert fetch(anonymous, picture_urls["thumbnail_url"]).headers["content-type"] == "image/webp"
    assert fetch(anonymous, text_urls["thumbnail_url"]).status_code == 404
    signature = text_urls["url"].partition("?")[2]
    for wrong in (
        f"{picture['url']}?{signature}",
        f"{text['url']}?{signature}x",
        f"{text['url']}?{signature.replace('.', '.1', 1)}",
        f"{text['url']}?signature=x",
    ):
        assert fetch(anonymous, wrong).status_code == 403, wrong
    assert fetch(anonymous, f"{text['url']}?signature=").status_code == 401
    assert fetch(anonymous, signed(bob, text)[0]["url"]).status_code == 404, (
        "S11: he may not read it"
    )


def test_S1_a_signed_url_ends_with_its_login(api: Api, ada: Caller) -> None:
    file = upload(ada, CONTENT)
    device = api.login(ada.username)
    (urls,) = signed(device, file)
    assert fetch(api.anonymous, urls["url"]).status_code == 200
    device.done("POST", "/v1/logout")
    assert fetch(api.anonymous, urls["url"]).status_code == 403
    assert fetch(ada, file["url"]).status_code == 200


def test_a_signature_does_not_depend_on_what_ids_look_like(api: Api, ada: Caller) -> None:
    file = upload(ada, CONTENT)
    hostile = f'{file["id"]}","x'
    (urls,) = ada.post("/v1/files/urls", file_ids=[hostile])["items"]
    assert fetch(api.anonymous, urls["url"]).status_code == 404
    signature = urls["url"].partition("?")[2]
    assert fetch(api.anonymous, f"{file['url']}?{signature}").status_code == 403


def test_S18_the_number_of_files_per_signing_request_is_limited(ada: Caller) -> None:
    for ids in (["x" * 65], ["x"] * 101):
        ada.refused(400, "POST", "/v1/files/urls", json={"file_ids": ids})


def test_S12_a_query_with_many_parameters_is_refused_before_it_is_read(api: Api) -> None:
    many = "&".join(f"a{number}=1" for number in range(100))
    for name in ("signature", "token"):
        refused = fetch(api.anonymous, f"/v1/files/unknown?{many}&{name}=x")
        assert refused.status_code == 400
        assert "at most 100 parameters" in refused.text
