"""Errors in the settings, one line each; no line ever repeats a secret (rule S19)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """An error to correct. `name` is the setting as its author spelled it."""

    name: str
    origin: str
    text: str

    def __str__(self) -> str:
        place = f" ({self.origin})" if self.origin else ""
        return f"{self.name}{place}: {self.text}"


class SettingsError(Exception):
    """The server cannot start with these settings."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
