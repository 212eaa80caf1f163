"""What is wrong with a cyber-observable object: the exact place and a sentence."""

from typing import Any

import pytest

from hanse.intel.stix.validate import check_object
from tests.unit.intel.stix.samples import DROP, SHA256, ref, sample

FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("url", {"phone_number": "1"}, "/phone_number", "reserved"),
    ("url", {"defanged": "no"}, "/defanged", "true or false"),
    ("artifact", {"url": "https://a.example/"}, "/url", "where payload_bin is"),
    ("artifact", {"payload_bin": DROP}, "", "at least one of payload_bin, url"),
    (
        "artifact",
        {"payload_bin": DROP, "url": "https://a.example/", "hashes": DROP},
        "/hashes",
        "where url is present",
    ),
    ("artifact", {"payload_bin": "a"}, "/payload_bin", "base64"),
    ("artifact", {"payload_bin": "aGFuc2U=\n"}, "/payload_bin", "base64"),
    ("artifact", {"encryption_algorithm": "ROT13"}, "/encryption_algorithm", "one of"),
    (
        "artifact",
        {"encryption_algorithm": DROP},
        "/encryption_algorithm",
        "where decryption_key is present",
    ),
    ("autonomous-system", {"number": 2**53}, "/number", "must lie between"),
    ("autonomous-system", {"number": "64500"}, "/number", "must be a whole number"),
    ("directory", {"contains_refs": [ref("url")]}, "/contains_refs/0", "file or dir"),
    ("domain-name", {"value": ""}, "/value", "must not be empty"),
    ("email-addr", {"belongs_to_ref": ref("identity")}, "/belongs_to_ref", "user-acc"),
    ("email-message", {"body": "Hello"}, "/body", "where is_multipart is true"),
    (
        "email-message",
        {"is_multipart": False},
        "/body_multipart",
        "is_multipart is false",
    ),
    ("email-message", {"body_multipart": [{}]}, "/body_multipart/0", "body_raw_ref"),
    (
        "email-message",
        {"additional_header_fields": {"A": [1]}},
        "/additional_header_fields/A/0",
        "must be a string",
    ),
    ("file", {"hashes": DROP, "name": DROP}, "", "at least one of hashes, name"),
    ("file", {"hashes": {"SHA-256": "f00"}}, "/hashes/SHA-256", "64 hexadecimal"),
    ("file", {"hashes": {"sha256": SHA256 + "0"}}, "/hashes/sha256", "64 hexadecimal"),
    ("file", {"hashes": {"a b": "f"}}, "/hashes/a b", "3 to 250"),
    ("file", {"hashes": {"SSDEEP": "x"}}, "/hashes/SSDEEP", "ssdeep"),
    ("file", {"hashes": {}}, "/hashes", "at least one hash"),
    ("file", {"size": -1}, "/size", "must not be negative"),
    ("file", {"magic_number_hex": "abc"}, "/magic_number_hex", "hexadecimal"),
    ("file", {"name": DROP, "name_enc": "utf-8"}, "/name", "where name_enc is present"),
    (
        "file",
        {"extensions": {"ntfs-ext": {}}},
        "/extensions/ntfs-ext",
        "at least one property",
    ),
    (
        "file",
        {"extensions": {"windows-pebinary-ext": {"pe_type": "exe"}}},
        "/extensions/windows-pebinary-ext",
        "at least one property",
    ),
    (
        "file",
        {"extensions": {"ntfs-ext": {"alternate_data_streams": [{"size": 1}]}}},
        "/extensions/ntfs-ext/alternate_data_streams/0/name",
        "is required",
    ),
    (
        "file",
        {"extensions": {"raster-image-ext": {"exif_tags": {"Make": [1]}}}},
        "/extensions/raster-image-ext/exif_tags/Make",
        "must be a string",
    ),
    ("ipv4-addr", {"value": "198.51.100.256"}, "/value", "IPv4 address"),
    ("ipv4-addr", {"value": "198.51.100.1/33"}, "/value", "IPv4 address"),
    ("ipv4-addr", {"value": "198.51.100.١"}, "/value", "IPv4 address"),
    ("ipv6-addr", {"value": "2001:db8::g"}, "/value", "IPv6 address"),
    ("ipv6-addr", {"value": "198.51.100.1"}, "/value", "IPv6 address"),
    ("mac-addr", {"value": "00:00:5E:00:53:01"}, "/value", "lowercase with colons"),
    ("network-traffic", {"src_ref": DROP, "dst_ref": DROP}, "", "src_ref, dst_ref"),
    ("network-traffic", {"dst_port": 65536}, "/dst_port", "between 0 and 65535"),
    ("network-traffic", {"is_active": True}, "/is_active", "false where end is"),
    ("network-traffic", {"end": "2020-01-01T00:00:00Z"}, "/end", "earlier than start"),
    ("network-traffic", {"src_ref": ref("url")}, "/src_ref", "ipv4-addr or ipv6-addr"),
    (
        "network-traffic",
        {"extensions": {"socket-ext": {"address_family": "AF_MOON"}}},
        "/extensions/socket-ext/address_family",
        "one of AF_UNSPEC",
    ),
    (
        "network-traffic",
        {"extensions": {"icmp-ext": {"icmp_type_hex": "08"}}},
        "/extensions/icmp-ext/icmp_code_hex",
        "is required",
    ),
    (
        "process",
        {
            name: DROP
            for name in sample("process")
            if name not in ("type", "id", "spec_version")
        },
        "",
        "at least one of is_hidden, pid",
    ),
    (
        "process",
        {"environment_variables": {"PATH": 1}},
        "/environment_variables/PATH",
        "must be a string",
    ),
    ("software", {"cpe": "cpe:/a:example"}, "/cpe", "CPE 2.3"),
    ("software", {"languages": ["en", "?"]}, "/languages/1", "language code"),
    ("user-account", {"is_disabled": 0}, "/is_disabled", "true or false, not a number"),
    ("windows-registry-key", {"key": "HKLM\\System"}, "/key", "written out"),
    ("windows-registry-key", {"values": [{}]}, "/values/0", "at least one property"),
    (
        "windows-registry-key",
        {"values": [{"data_type": "REG_TEA"}]},
        "/values/0/data_type",
        "one of REG_NONE",
    ),
    ("x509-certificate", {"x509_v3_extensions": {}}, "/x509_v3_extensions", "at least"),
]


@pytest.mark.parametrize(("kind", "changes", "pointer", "words"), FAULTS)
def test_each_fault_is_found_where_it_is(
    kind: str, changes: dict[str, Any], pointer: str, words: str
):
    faults = check_object(sample(kind, **changes))
    assert [fault.pointer for fault in faults] == [pointer]
    assert words in faults[0].message


def test_a_defanged_address_is_not_held_against_the_form():
    assert (
        check_object(sample("ipv4-addr", value="198[.]51.100.1", defanged=True)) == []
    )
