"""The sources of settings, and their precedence."""

from pathlib import Path

import pytest

from backchannel.settings import Loaded, SettingsError, load


def origin_of_port(loaded: Loaded) -> tuple[int, str, str]:
    written = loaded.written["port"]
    return loaded.settings.port, written.name, written.origin


def test_sources_have_an_order_of_precedence(folder: Path) -> None:
    (folder / "backchannel.toml").write_text("port = 1")
    assert origin_of_port(load(environment={})) == (1, "port", "backchannel.toml")
    (folder / ".env").write_text("BACKCHANNEL_PORT=2")
    assert origin_of_port(load(environment={})) == (2, "BACKCHANNEL_PORT", ".env")
    variables = {"BACKCHANNEL_PORT": "3"}
    loaded = load(environment=variables)
    assert origin_of_port(loaded) == (3, "BACKCHANNEL_PORT", "environment")
    loaded = load({"port": 4}, environment=variables)
    assert origin_of_port(loaded) == (4, "--port", "command line")


def test_an_omitted_option_does_not_override() -> None:
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
def test_variable_names_of_other_servers_are_accepted(name: str, value: str, path: str) -> None:
    assert load(environment={name: value}).written[path].name == name


def test_the_backchannel_name_has_precedence_within_a_source() -> None:
    loaded = load(environment={"PORT": "1", "BACKCHANNEL_PORT": "2"})
    assert loaded.settings.port == 2


SECRET = "BACKCHANNEL_JWT_SECRET"
ENV_FILES = [
    (f"{SECRET}=ab$cd", "ab$cd"),
    (f"{SECRET}='ab${{cd}}ef'", "ab${cd}ef"),
    (f"export {SECRET} = 'ab${{cd}}'", "ab${cd}"),
    (f'{SECRET}="ab${{cd:-x}}ef"', "abxef"),
    (f"{SECRET}=ab${{GIVEN}}", "abgiven"),
    (f"OWN=own\n{SECRET}=ab${{OWN}}", "abown"),
]


@pytest.mark.parametrize(("text", "secret"), ENV_FILES)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["no mark", "mark"])
def test_S19_a_secret_in_an_env_file_is_what_was_written(
    folder: Path, text: str, secret: str, mark: str
) -> None:
    (folder / ".env").write_text(mark + text, "utf-8")
    found = load(environment={"GIVEN": "given"}).settings.jwt_secret
    assert found is not None
    assert found.get_secret_value() == secret


@pytest.mark.parametrize("value", ["ab${cd}", '"${cd}"', "${}", "${cd} # ${ef}"])
def test_S19_a_reference_to_an_unset_variable_is_refused(folder: Path, value: str) -> None:
    (folder / ".env").write_text(f"OTHER=${{nothing}}\n{SECRET}={value}\n")
    with pytest.raises(SettingsError) as caught:
        load(environment={})
    (line,) = map(str, caught.value.problems)
    assert line.startswith(f"{SECRET} (.env): refers to ${{")
    assert line.endswith("which is not set; to keep the $ put the value in single quotes")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize(
    ("name", "text"), [(".env", "PORT=8000 # ü"), ("backchannel.toml", "port = 8000 # ü")]
)
def test_a_file_in_another_encoding_is_refused_in_one_line(
    folder: Path, name: str, text: str, encoding: str
) -> None:
    (folder / name).write_bytes(text.encode(encoding))
    with pytest.raises(SettingsError) as caught:
        load(environment={})
    assert str(caught.value).startswith(f"{name}: cannot be read: ")
    assert str(caught.value).endswith("save it as UTF-8")
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_in_toml_is_accepted(folder: Path) -> None:
    (folder / "backchannel.toml").write_text("port = 8000", "utf-8-sig")
    assert load(environment={}).settings.port == 8_000


def test_an_unreadable_line_of_an_env_file_is_reported(folder: Path) -> None:
    (folder / ".env").write_text("PORT=8000\nBACKCHANNEL_HOST='half\n")
    with pytest.raises(SettingsError, match=r"^\.env, line 2: cannot be read; write NAME=value"):
        load(environment={})


def test_an_empty_variable_counts_as_unset() -> None:
    assert "port" not in load(environment={"BACKCHANNEL_PORT": ""}).written


def test_lists_are_comma_separated_in_variables_and_arrays_in_toml(folder: Path) -> None:
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


def test_the_env_file_of_an_echo_server_is_accepted(folder: Path) -> None:
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
