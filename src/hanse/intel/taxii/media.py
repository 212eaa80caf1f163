"""Content negotiation, TAXII 2.1 section 3.1 (and RFC 9110, 12.5.1).

One media type is spoken here: `application/taxii+json;version=2.1`. Leaving the
version out asks for the newest and is never refused; another version is.
"""

import re

TAXII = "application/taxii+json;version=2.1"
# What may lie in a collection: STIX of both versions that are in use.
STIX = ("application/stix+json;version=2.1", "application/stix+json;version=2.0")
TAXII_VERSION = "2.1"

_NAME = "application/taxii+json"
_ANYTHING = frozenset({_NAME, "application/*", "*/*"})
_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
# Longer ones are nobody's; the time to read them would be the caller's to choose.
_MAX_HEADER_CHARS = 4096


def accepts(header: str | None) -> bool:
    """Whether an `Accept` header takes TAXII 2.1; one that is missing takes all.

    Of several ranges that fit, the most specific decides, as RFC 9110 lays down.
    """
    if header is None or not header.strip():
        return True
    if len(header) > _MAX_HEADER_CHARS:
        return False
    best = (-1, False)
    for media_range in header.split(","):
        name, parameters = _parse(media_range)
        if name not in _ANYTHING or not _is_this_version(parameters):
            continue
        precision = (name == _NAME) * 2 + (name != "*/*") + ("version" in parameters)
        best = max(best, (precision, not _is_refused(parameters)))
    return best[1]


def is_taxii(header: str | None) -> bool:
    """Whether a `Content-Type` header says TAXII 2.1, section 3.1."""
    if header is None or len(header) > _MAX_HEADER_CHARS:
        return False
    name, parameters = _parse(header)
    return name == _NAME and _is_this_version(parameters)


def _parse(text: str) -> tuple[str, dict[str, str]]:
    name, *rest = text.split(";")
    parameters = {}
    for parameter in rest:
        key, _, value = parameter.partition("=")
        parameters[key.strip().lower()] = value.strip().strip('"')
    return name.strip().lower(), parameters


def _is_this_version(parameters: dict[str, str]) -> bool:
    return parameters.get("version", TAXII_VERSION) == TAXII_VERSION


def _is_refused(parameters: dict[str, str]) -> bool:
    quality = parameters.get("q", "1")
    return _QUALITY.fullmatch(quality) is None or float(quality) == 0
