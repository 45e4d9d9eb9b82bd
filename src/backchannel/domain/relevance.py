"""The relevance of a message that contains the search terms."""

from collections.abc import Sequence

from backchannel.domain.folding import fold

WHOLE_WORD = 3.0
WORD_BEGINNING = 2.0
WITHIN_WORD = 1.0
TOGETHER = 2.0
"""All terms as they were written, one after the other."""
PLACES = 20
"""The number of occurrences of each term that are considered."""


def relevance(text: str, terms: Sequence[str]) -> float:
    """The higher the better, for a text that contains all `terms`.

    Each term counts by its best place; words that stand together count more; and of two texts
    the one that says less besides comes first.
    """
    folded = fold(text)
    together = TOGETHER if len(terms) > 1 and " ".join(terms) in folded else 0.0
    share = sum(map(len, terms)) / (len(folded) or 1)
    return sum(_best_place(folded, term) for term in terms) + together + min(share, 1.0)


def _best_place(folded: str, term: str) -> float:
    best, at = 0.0, folded.find(term)
    for _ in range(PLACES):
        if at < 0 or best == WHOLE_WORD:
            break
        best = max(best, _worth(folded, at, at + len(term)))
        at = folded.find(term, at + 1)
    return best


def _worth(folded: str, start: int, end: int) -> float:
    if start and folded[start - 1].isalnum():
        return WITHIN_WORD
    return WORD_BEGINNING if folded[end : end + 1].isalnum() else WHOLE_WORD
