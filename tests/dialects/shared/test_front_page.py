"""The server's bare address."""

from pathlib import Path

import httpx

from tests.support.process import server_process


def test_the_bare_address_leads_to_the_documentation(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        answer = httpx.get(server.address, follow_redirects=True)
    assert answer.status_code == 200
    assert "Backchannel" in answer.text
