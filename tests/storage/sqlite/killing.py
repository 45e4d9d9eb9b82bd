"""Start writers and kill them, over and over; prints the ids they acknowledged.

This process has no threads, so a writer can be a fork, which needs no start of Python.
"""

import os
import random
import signal
import sys
from pathlib import Path

from tests.storage.sqlite.writer import run


def killed_writer(path: Path, *, after: int) -> list[str]:
    """The ids that a writer acknowledged until it was killed: `after` or a few more."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            run(path, writing)
        finally:
            os._exit(1)
    os.close(writing)
    printed = b""
    with open(reading, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
        while printed.count(b"\n") < after and (more := pipe.read(65_536)):
            printed += more
        os.kill(child, signal.SIGKILL)
        printed += pipe.readall()
    os.waitpid(child, 0)
    return [line.split()[1].decode() for line in printed.split(b"\n")[:-1]]


def main(path: Path, rounds: int) -> None:
    rng = random.Random(9)
    for _ in range(rounds):
        for message_id in killed_writer(path, after=rng.randrange(1, 400)):
            sys.stdout.write(f"{message_id}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
