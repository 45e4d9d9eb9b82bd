"""The numbers by which a content is recognised."""

import hashlib
from pathlib import Path

from backchannel.domain.files import BLOCK, block_digest
from backchannel.ports.files import Digest


def digest(path: Path) -> Digest:
    """Read a file once, for its size, its SHA-256, and that of each of its blocks."""
    whole = hashlib.sha256()
    blocks: list[str] = []
    size = 0
    with path.open("rb") as content:
        while block := content.read(BLOCK):
            whole.update(block)
            blocks.append(block_digest(block))
            size += len(block)
    return Digest(size=size, sha256=whole.hexdigest(), blocks="".join(blocks))
