"""Placeholders in a golden frame, for values that differ from run to run."""

import re


class Matching:
    """Equal to every text of one form."""

    def __init__(self, name: str, pattern: str) -> None:
        self._name = name
        self._pattern = re.compile(pattern)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._pattern.fullmatch(other) is not None

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return self._name


AN_ID = Matching("AN_ID", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
A_TIME = Matching("A_TIME", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
A_TOKEN = Matching("A_TOKEN", r"[\w-]+\.[\w-]+\.[\w-]+")
SOMETHING = Matching("SOMETHING", r"(?s).+")
