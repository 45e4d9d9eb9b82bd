"""Refused settings: one line with the name as written, the limit and a way out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backchannel.settings import SettingsError, load
from backchannel.settings.reference import shown

Refused = Callable[..., list[str]]

SECRET = "f27c1a9be04d45d8a6a3cf20d1be77f0c9e3a4b5d6e7f8091a2b3c4d5e6f7081"


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (
            {"PORT": "70000"},
            "PORT (environment): must be less than or equal to 65535; for example 8443",
        ),
        (
            {"BACKCHANNEL_TLS_MODE": "on"},
            (
                "BACKCHANNEL_TLS_MODE (environment): must be 'auto', 'off' or 'self-signed'; "
                "for example self-signed"
            ),
        ),
        (
            {"CORS_ORIGIN": "https://a.example/path"},
            (
                "CORS_ORIGIN (environment): 'https://a.example/path': an origin ends after its "
                "host or port: leave out what follows"
            ),
        ),
        (
            {"BACKCHANNEL_TRUSTED_PROXIES": "proxy"},
            (
                "BACKCHANNEL_TRUSTED_PROXIES (environment): 'proxy': a proxy is an address or a "
                "network such as 10.0.0.0/8"
            ),
        ),
        (
            {"BACKCHANNEL_ALLOWED_HOSTS": "chat.example.org, https://chat.example.org"},
            (
                "BACKCHANNEL_ALLOWED_HOSTS (environment): 'https://chat.example.org': a host is a "
                "name or an IP address, with a port or without, such as chat.example.org, "
                "*.example.org, chat.example.org:8443 or [::1]"
            ),
        ),
        (
            {"BACKCHANNEL_QUEUE_URL": "kafka://:9092"},
            (
                "BACKCHANNEL_QUEUE_URL (environment): kafka:// is followed by a host, such as "
                "kafka://bus.example.org"
            ),
        ),
        (
            {"DATABASE_URL": "oracle://db/chat"},
            (
                "DATABASE_URL (environment): no database is called oracle://; use "
                "sqlite:///path/to/file.db, or user:password@host/name after postgresql://, "
                "mariadb://, mysql:// or mongodb://"
            ),
        ),
        (
            {"DATABASE_URL": "postgres://ada:password@db.example.org"},
            (
                "DATABASE_URL (environment): a PostgreSQL database is named by its host and name:"
                " postgresql://user:password@host:5432/backchannel"
            ),
        ),
        (
            {"DATABASE_URL": "mariadb+asyncmy://ada:password@db.example.org"},
            (
                "DATABASE_URL (environment): a MariaDB database is named by its host and name:"
                " mariadb://user:password@host:3306/backchannel"
            ),
        ),
        (
            {"DATABASE_URL": "mariadb://db.example.org:99999/chat"},
            "DATABASE_URL (environment): the port in the database URL is a number from 1 to 65535",
        ),
        (
            {"DATABASE_URL": "postgresql://db.example.org/chat?pool_size=1"},
            (
                "DATABASE_URL (environment): pool_size in the database URL is a number from 2 to"
                " 1,000, not '1'"
            ),
        ),
        (
            {"DATABASE_URL": "mariadb://db.example.org/chat?pool_size=many"},
            (
                "DATABASE_URL (environment): pool_size in the database URL is a number from 2 to"
                " 1,000, not 'many'"
            ),
        ),
        (
            {"DATABASE_URL": "sqlite://foo.db"},
            (
                "DATABASE_URL (environment): sqlite://foo.db has two slashes, where a host would"
                " follow; write sqlite:///foo.db for that file in the current folder, or four"
                " slashes before a whole path: sqlite:////var/lib/chat.db"
            ),
        ),
        (
            {"DATABASE_URL": "sqlite://"},
            "DATABASE_URL (environment): a database in memory would lose messages; name a file",
        ),
    ],
)
def test_a_wrong_value_is_reported_in_one_line(
    refused: Refused, variables: dict[str, str], line: str
) -> None:
    assert refused(**variables) == [line]


def test_all_problems_are_reported_at_once(refused: Refused) -> None:
    assert len(refused(PORT="x", BACKCHANNEL_LIMITS_BODY_SIZE="1", CORS_ORIGIN="a")) == 3


def test_an_unknown_name_in_a_file_is_refused_with_the_closest_one(folder: Path) -> None:
    (folder / "backchannel.toml").write_text("[limits]\nsocket_per_user = 8\n")
    (folder / ".env").write_text("BACKCHANNEL_PROT=1\nOTHER_PROGRAM=2\n")
    with pytest.raises(SettingsError) as caught:
        load(environment={})
    assert [str(problem) for problem in caught.value.problems] == [
        "BACKCHANNEL_PROT (.env): there is no such setting; did you mean BACKCHANNEL_PORT?",
        (
            "limits.socket_per_user (backchannel.toml): there is no such setting; "
            "did you mean limits.sockets_per_user?"
        ),
    ]


def test_an_unknown_variable_is_a_warning() -> None:
    (warning,) = load(environment={"BACKCHANNEL_PORT_3000_TCP": "tcp://10.0.0.1"}).warnings
    assert "did you mean BACKCHANNEL_PORT?" in str(warning)


def test_S19_production_requires_a_jwt_secret(refused: Refused) -> None:
    remedy = "set it to the output of `openssl rand -hex 32`"
    assert refused(BACKCHANNEL_ENVIRONMENT="production") == [
        f"BACKCHANNEL_JWT_SECRET: is missing; {remedy}"
    ]


@pytest.mark.parametrize(
    "secret",
    ["short-and-S3cret", "your_jwt_secret_key_here_your_jwt_secret_key_here", "ab" * 32],
)
def test_S19_production_refuses_weak_secrets_without_printing_them(
    refused: Refused, secret: str
) -> None:
    (line,) = refused(BACKCHANNEL_ENVIRONMENT="production", secretKey=secret)
    assert line.startswith("secretKey (environment): is ")
    assert secret not in line


def test_S19_production_refuses_any_origin(refused: Refused) -> None:
    settings = {"BACKCHANNEL_ENVIRONMENT": "production", "JWT_SECRET": SECRET}
    assert load(environment=settings).settings.production
    (line,) = refused(**settings, CORS_ORIGIN="*")
    assert line.startswith("CORS_ORIGIN (environment): * would let every web page")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "mariadb", "mysql", "mongodb"])
@pytest.mark.parametrize(
    "password", ["hunter/2canary", "12/canary", "a#canary", "1?canary", "[2canary", "p@1/canary"]
)
def test_S6_a_password_that_is_not_escaped_is_refused_without_printing_it(
    refused: Refused, scheme: str, password: str
) -> None:
    (line,) = refused(DATABASE_URL=f"{scheme}://ada:{password}@db.invalid/chat")
    assert "escape the password, / as %2F" in line
    assert "canary" not in line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:canary%2F2@db.invalid:5432/chat?sslmode=require",
        "postgresql://db.invalid/chat?user=ada&password=canary",
        "mariadb://ada:canary%2F2@db.invalid:3306/chat?ssl-mode=REQUIRED",
        "mongodb://ada:canary@one.invalid:27017,[::1]:27018/chat?replicaSet=rs",
    ],
)
def test_S6_a_database_is_shown_without_its_password(url: str) -> None:
    text = shown(load(environment={"DATABASE_URL": url}).settings, "database_url")
    assert "canary" not in text
    assert "invalid" in text


def test_S19_a_secret_is_in_no_text_of_the_settings() -> None:
    loaded = load(environment={"JWT_SECRET": SECRET})
    assert SECRET not in repr(loaded.settings) + str(loaded.settings)
