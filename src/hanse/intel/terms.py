"""The terms a text is found by: words, and every two neighbouring hanzi.

PostgreSQL's `simple` configuration takes a run of hanzi for one word, so that
nothing inside it can be found; here each pair of neighbours is a term of its own
(and each single one, for queries of one). The same function makes the terms of
what is stored and of what is asked, so they always agree.
"""

import itertools
import re
import unicodedata

MAX_TERMS = 2_000  # of one document; a note has at most 4,000 characters
MAX_TERM = 64

_WORD = re.compile(r"[a-z0-9]+")
_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")


def terms_of(*texts: str) -> list[str]:
    """What a document made of these texts is found by; sorted, each once."""
    found: set[str] = set()
    for text in texts:
        plain = _plain(text)
        found.update(word[:MAX_TERM] for word in _WORD.findall(plain))
        for run in _HANZI.findall(plain):
            found.update(run)
            found.update(a + b for a, b in itertools.pairwise(run))
    return sorted(found)[:MAX_TERMS]


def asked(query: str) -> list[str]:
    """The terms a document must have to answer `query`; pairs where there are pairs."""
    plain = _plain(query)
    found = {word[:MAX_TERM] for word in _WORD.findall(plain)}
    for run in _HANZI.findall(plain):
        pairs = {a + b for a, b in itertools.pairwise(run)}
        found |= pairs or {run}
    return sorted(found)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
