"""A server that speaks S3, on this machine: it keeps everything in memory."""

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from unittest.mock import patch

import httpx

from tests.support.process import TIMEOUT, free_port

BUCKET = "chat-files"


@contextmanager
def s3_server() -> Generator[str]:
    """The server's address; while it runs, the environment has the keys for it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            _make_bucket(address)
            with patch.dict(os.environ, _environment(address)):
                yield address
        finally:
            process.kill()


def _make_bucket(address: str) -> None:
    until = time.monotonic() + TIMEOUT
    while True:
        try:
            httpx.put(f"{address}/{BUCKET}", timeout=5).raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _environment(address: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
    }
