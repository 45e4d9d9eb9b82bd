"""PostgreSQL as a bus: its URL is that of the database."""

from pathlib import Path

import pytest

from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.opening import open_bus
from tests.brokers.conftest import BROKERS

pytestmark = pytest.mark.service


async def test_options_of_the_url_are_the_drivers_and_the_pool_size_is_ignored(
    tmp_path: Path,
) -> None:
    _, url = BROKERS["postgresql"]
    try:
        bus = await open_bus(f"{url}?pool_size=7&sslmode=prefer", key=b"secret")
    except CannotConnect as error:
        pytest.skip(f"no PostgreSQL answers: {error}")
    await bus.close()
    missing = tmp_path / "missing.pem"
    with pytest.raises(CannotConnect, match="No such file"):
        await open_bus(f"{url}?sslmode=verify-full&sslrootcert={missing}", key=b"secret")
