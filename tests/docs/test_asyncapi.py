"""The AsyncAPI document: accepted by the official parser, and complete for each frame."""

import re

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.docs.conftest import NPM, ROOT, Documents, run

PROTOCOL = (ROOT / "docs" / "protocol.md").read_text("utf-8")


@pytest.mark.service
@pytest.mark.usefixtures("node_programs")
def test_the_official_asyncapi_parser_reports_nothing(documents: Documents) -> None:
    assert run("node", NPM / "parse_asyncapi.cjs", documents.folder / "asyncapi.json") == ""


def test_each_frame_is_described_and_has_an_example_that_fits(documents: Documents) -> None:
    components = documents.asyncapi["components"]
    for name, message in components["messages"].items():
        assert message["summary"].endswith("."), name
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        assert message["examples"], name
        for example in message["examples"]:
            assert list(Draft202012Validator(schema).iter_errors(example["payload"])) == [], name
            assert example["payload"]["type"] == message["name"]


def test_servers_and_security_schemes_are_described(documents: Documents) -> None:
    protocols = {each["protocol"] for each in documents.asyncapi["servers"].values()}
    assert protocols == {"ws", "wss"}
    assert documents.asyncapi["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_close_codes_are_those_of_the_protocol_page(documents: Documents) -> None:
    rows = re.findall(r"^\| (\d{4}) \| (.+?) \| (yes|no)", PROTOCOL, re.MULTILINE)
    codes = documents.asyncapi["channels"]["socket"]["x-close-codes"]
    told = [
        (str(each["code"]), each["reason"], "yes" if each["reconnect"] else "no") for each in codes
    ]
    assert told == rows


def test_the_protocol_page_names_every_frame_and_its_fields(documents: Documents) -> None:
    messages = documents.asyncapi["components"]["messages"]
    schemas = documents.asyncapi["components"]["schemas"]
    for name, message in messages.items():
        assert f"`{message['name']}`" in PROTOCOL, name
        for field in schemas[name].get("properties", {}):
            assert re.search(rf"[`\"]{field}[`\"]", PROTOCOL), f"{name}: {field}"
