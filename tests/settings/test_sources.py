"""Where settings are written, and which of them counts."""

from pathlib import Path

import pytest

from backchannel.settings import Loaded, SettingsError, load


def origin_of_port(loaded: Loaded) -> tuple[int, str, str]:
    written = loaded.written["port"]
    return loaded.settings.port, written.name, written.origin


def test_the_nearest_place_counts(folder: Path) -> None:
    (folder / "backchannel.toml").write_text("port = 1")
    assert origin_of_port(load(environment={})) == (1, "port", "backchannel.toml")
    (folder / ".env").write_text("BACKCHANNEL_PORT=2")
    assert origin_of_port(load(environment={})) == (2, "BACKCHANNEL_PORT", ".env")
    variables = {"BACKCHANNEL_PORT": "3"}
    loaded = load(environment=variables)
    assert origin_of_port(loaded) == (3, "BACKCHANNEL_PORT", "environment")
    loaded = load({"port": 4}, environment=variables)
    assert origin_of_port(loaded) == (4, "--port", "command line")


def test_an_option_that_was_not_given_says_nothing() -> None:
    assert load({"port": None}, environment={"PORT": "5"}).settings.port == 5


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("PORT", "8000", "port"),
        ("JWT_SECRET", "a-secret", "jwt_secret"),
        ("secretKey", "a-secret", "jwt_secret"),
        ("DATABASE_URL", "sqlite://./chat.db", "database_url"),
        ("CORS_ORIGIN", "http://localhost:3000", "cors_origins"),
    ],
)
def test_the_names_of_other_servers_are_understood(name: str, value: str, path: str) -> None:
    assert load(environment={name: value}).written[path].name == name


def test_our_own_name_comes_first_in_the_same_place() -> None:
    loaded = load(environment={"PORT": "1", "BACKCHANNEL_PORT": "2"})
    assert loaded.settings.port == 2


def test_an_empty_variable_counts_as_unset() -> None:
    assert "port" not in load(environment={"BACKCHANNEL_PORT": ""}).written


def test_lists_are_separated_by_commas_in_variables_and_lists_in_toml(folder: Path) -> None:
    origins = ("https://a.example", "https://b.example:8443")
    spelled = "https://a.example, https://B.example:8443/"
    assert load(environment={"CORS_ORIGIN": spelled}).settings.cors_origins == origins
    (folder / "backchannel.toml").write_text(f"cors_origins = {list(origins)}")
    assert load(environment={}).settings.cors_origins == origins


def test_groups_are_tables_in_toml_and_prefixes_in_variables(folder: Path) -> None:
    config = folder / "other.toml"
    config.write_text("[limits]\nsockets_per_user = 8\nbody_size = 2048\n")
    loaded = load(config=config, environment={"BACKCHANNEL_LIMITS_BODY_SIZE": "4096"})
    assert (loaded.settings.limits.sockets_per_user, loaded.settings.limits.body_size) == (8, 4096)


def test_a_named_file_must_exist(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml: cannot be read: No such file"):
        load(config=folder / "missing.toml", environment={})


def test_broken_toml_is_refused_with_its_place(folder: Path) -> None:
    (folder / "backchannel.toml").write_text("port = \n")
    with pytest.raises(SettingsError, match=r"backchannel\.toml: cannot be read: .*line 1"):
        load(environment={})


def test_the_env_file_of_an_echo_server(folder: Path) -> None:
    (folder / ".env").write_text(
        "PORT=3001\n"
        "JWT_SECRET=your_jwt_secret_key_here\n"
        "# For SQLite: DATABASE_URL=sqlite://./database.db\n"
        "DATABASE_URL=sqlite://./database.db\n"
        "CORS_ORIGIN=http://localhost:3000\n"
    )
    settings = load(environment={}).settings
    assert settings.port == 3001
    assert settings.jwt_secret is not None
    assert settings.jwt_secret.get_secret_value() == "your_jwt_secret_key_here"
    assert settings.storage_url == "sqlite:///./database.db"
    assert settings.cors_origins == ("http://localhost:3000",)
