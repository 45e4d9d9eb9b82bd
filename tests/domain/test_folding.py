"""The table of folded characters."""

import sys

from backchannel.domain.folding import FOLDED, fold


def test_R13_the_cache_of_folded_characters_is_bounded() -> None:
    for first in range(0, sys.maxunicode + 1, 4_096):
        text = "".join(map(chr, range(first, first + 4_096)))
        assert fold(text) == fold(text)
    assert len(FOLDED) < 80_000
