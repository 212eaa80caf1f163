"""The names STIX 2.1 knows: object types, and how any name has to look.

Sections 3.1, 7.3.2 and 11: type names are lowercase letters, digits and single
hyphens; property names lowercase letters, digits and underscores; keys of
dictionaries may also be uppercase. 3 to 250 characters each (keys from 1).
Names that were found good are remembered.
"""

import re

from hanse.intel.stix.memory import Memory

DOMAIN_TYPES = frozenset(
    {
        "attack-pattern",
        "campaign",
        "course-of-action",
        "grouping",
        "identity",
        "incident",
        "indicator",
        "infrastructure",
        "intrusion-set",
        "location",
        "malware",
        "malware-analysis",
        "note",
        "observed-data",
        "opinion",
        "report",
        "threat-actor",
        "tool",
        "vulnerability",
    }
)
RELATIONSHIP_TYPES = frozenset({"relationship", "sighting"})
OBSERVABLE_TYPES = frozenset(
    {
        "artifact",
        "autonomous-system",
        "directory",
        "domain-name",
        "email-addr",
        "email-message",
        "file",
        "ipv4-addr",
        "ipv6-addr",
        "mac-addr",
        "mutex",
        "network-traffic",
        "process",
        "software",
        "url",
        "user-account",
        "windows-registry-key",
        "x509-certificate",
    }
)
META_TYPES = frozenset(
    {"extension-definition", "language-content", "marking-definition"}
)
# In STIX 2.0 there was no such object, so one without `spec_version` is not a
# STIX 2.0 object but one that lacks a required property.
NEW_IN_2_1 = frozenset(
    {
        "extension-definition",
        "grouping",
        "incident",
        "infrastructure",
        "language-content",
        "location",
        "malware-analysis",
        "note",
        "opinion",
    }
)

_type_name = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*").fullmatch
_property_name = re.compile(r"[a-z0-9_]{3,250}").fullmatch
_dictionary_key = re.compile(r"[A-Za-z0-9_-]{1,250}").fullmatch


def _good_type_name(name: str) -> bool | None:
    return (3 <= len(name) <= 250 and _type_name(name) is not None) or None


def _good_property_name(name: str) -> bool | None:
    return _property_name(name) is not None or None


# A name is at most 250 characters, so a full memory stays below 4 MB.
is_type_name = Memory(_good_type_name, 10_000).__getitem__
"""Whether an object type may be called that."""

is_property_name = Memory(_good_property_name, 10_000).__getitem__
"""Whether a property STIX does not define may be called that."""


def is_dictionary_key(name: str) -> bool:
    """Whether a key of a STIX dictionary may be called that (section 2.3)."""
    return _dictionary_key(name) is not None
