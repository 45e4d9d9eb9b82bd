"""The databases of these tests are emptied or removed after each."""

from collections.abc import Iterator

import pytest

from tests.support.mariadb import drop_databases


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    drop_databases()
