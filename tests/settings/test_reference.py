"""Every setting is documented, and shown without its secret."""

from pathlib import Path

import pytest

from backchannel.settings import load
from backchannel.settings.catalogue import SettingEntry, entries, paths_by_variable
from backchannel.settings.reference import reference, shown

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
SECRET = "0123456789abcdef" * 4
HIDDEN = "(set, hidden)"


@pytest.mark.parametrize("entry", entries().values(), ids=list(entries()))
def test_every_setting_has_a_description_and_an_example_that_works(entry: SettingEntry) -> None:
    assert entry.description.endswith(".")
    loaded = load(environment={"JWT_SECRET": SECRET, entry.variable: entry.example})
    assert loaded.written[entry.path].value == entry.example


def test_no_two_settings_share_a_variable() -> None:
    assert len(paths_by_variable()) == len(entries())


def test_the_reference_is_current() -> None:
    assert DOCUMENT.read_text("utf-8") == reference(), "run `make docs`"


@pytest.mark.parametrize(
    ("variable", "value", "path", "text"),
    [
        ("BACKCHANNEL_JWT_SECRET", "never shown", "jwt_secret", HIDDEN),
        (
            "BACKCHANNEL_ALLOWED_HOSTS",
            "a.org,b.org",
            "allowed_hosts",
            "a.org,b.org",
        ),
        ("BACKCHANNEL_DOCS_PUBLIC", "yes", "docs_public", "true"),
        ("BACKCHANNEL_LOGIN_UNKNOWN_USER", "401", "login_unknown_user", "401"),
        ("BACKCHANNEL_TLS_MODE", "off", "tls.mode", "off"),
    ],
)
def test_values_are_shown_as_they_would_be_written(
    variable: str, value: str, path: str, text: str
) -> None:
    assert shown(load(environment={variable: value}).settings, path) == text


def test_defaults_depend_on_the_environment() -> None:
    development = load(environment={}).settings
    production = load(
        environment={"BACKCHANNEL_ENVIRONMENT": "production", "JWT_SECRET": SECRET}
    ).settings
    exposed = load(environment={"BACKCHANNEL_HOST": "::"}).settings
    assert (development.show_docs, development.log_as_json) == (True, False)
    assert (development.show_metrics, exposed.show_metrics, exposed.show_docs) == (
        True,
        False,
        True,
    )
    for limit in ("user_sockets", "address_sockets", "address_registrations"):
        assert getattr(exposed, limit) == getattr(production, limit)
        assert getattr(exposed, limit) < getattr(development, limit)
    assert (production.show_docs, production.log_as_json) == (False, True)
