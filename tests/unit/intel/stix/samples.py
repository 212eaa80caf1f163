"""One valid object of each STIX 2.1 type, rich enough that every check is reached.

`sample(type)` gives a fresh copy with changes: a property set to `DROP` is left
out. Names and addresses are invented or reserved for documentation.
"""

import copy
import json
from typing import Any, Final

DROP: Final = object()

UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
WHEN = "2025-03-01T08:30:00.000Z"
LATER = "2025-03-02T08:30:00.000Z"
SHA256 = "aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f"
RED_1 = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"


def ref(kind: str) -> str:
    """An identifier of that type."""
    return f"{kind}--{UUID}"


def _versioned(**properties: Any) -> dict[str, Any]:
    return {"spec_version": "2.1", "created": WHEN, "modified": LATER, **properties}


_PHASES = [{"kill_chain_name": "fraud-chain", "phase_name": "cash-out"}]
_SEEN = {"first_seen": WHEN, "last_seen": LATER}

_OBJECTS: dict[str, dict[str, Any]] = {
    "attack-pattern": _versioned(
        name="Look-alike shop",
        description="A copy of a shop's pages under a name that looks like it.",
        aliases=["Shop twin"],
        kill_chain_phases=_PHASES,
        created_by_ref=ref("identity"),
        revoked=False,
        labels=["phishing"],
        confidence=80,
        lang="en",
        external_references=[
            {
                "source_name": "capec",
                "external_id": "CAPEC-163",
                "url": "https://example.org/163",
                "hashes": {"SHA-256": SHA256},
            }
        ],
        object_marking_refs=[RED_1],
        granular_markings=[
            {"selectors": ["aliases.[0]", "description"], "lang": "de"},
            {
                "selectors": ["labels"],
                "marking_ref": ref("marking-definition"),
            },
        ],
        extensions={
            ref("extension-definition"): {
                "extension_type": "property-extension",
                "rank": 5,
            }
        },
        x_example_org_score=10,
    ),
    "campaign": _versioned(name="Double Eleven", objective="Card data", **_SEEN),
    "course-of-action": _versioned(name="Block the host", description="At the edge."),
    "grouping": _versioned(
        name="One kit",
        context="suspicious-activity",
        object_refs=[ref("indicator"), ref("relationship")],
    ),
    "identity": _versioned(
        name="Example Shop",
        roles=["reporter"],
        identity_class="organization",
        sectors=["retail"],
        contact_information="security@shop.example",
    ),
    "incident": _versioned(name="Credential theft in March"),
    "indicator": _versioned(
        name="A phishing page",
        indicator_types=["malicious-activity"],
        pattern="[url:value = 'https://shop.example/login']",
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=WHEN,
        valid_until=LATER,
        kill_chain_phases=_PHASES,
    ),
    "infrastructure": _versioned(
        name="Kit hosting", infrastructure_types=["phishing"], **_SEEN
    ),
    "intrusion-set": _versioned(
        name="Paper Tiger", goals=["money"], resource_level="organization", **_SEEN
    ),
    "location": _versioned(
        region="eastern-asia", latitude=31.2, longitude=121, precision=1000.5
    ),
    "malware": _versioned(
        name="CardFetch",
        is_family=True,
        malware_types=["trojan"],
        operating_system_refs=[ref("software")],
        sample_refs=[ref("file"), ref("artifact")],
        **_SEEN,
    ),
    "malware-analysis": _versioned(
        product="sandbox",
        result="malicious",
        modules=["static"],
        analysis_started=WHEN,
        host_vm_ref=ref("software"),
        installed_software_refs=[ref("software")],
        analysis_sco_refs=[ref("file"), ref("x-example-sco")],
        sample_ref=ref("network-traffic"),
    ),
    "note": _versioned(content="Seen twice.", object_refs=[ref("sighting")]),
    "observed-data": _versioned(
        first_observed=WHEN,
        last_observed=WHEN,
        number_observed=3,
        object_refs=[ref("relationship"), ref("ipv4-addr")],
    ),
    "opinion": _versioned(opinion="agree", object_refs=[ref("indicator")]),
    "report": _versioned(
        name="March", published=WHEN, object_refs=[ref("campaign"), ref("identity")]
    ),
    "threat-actor": _versioned(
        name="Mr. Null", roles=["director"], sophistication="advanced", **_SEEN
    ),
    "tool": _versioned(name="netcat", tool_types=["remote-access"], tool_version="1"),
    "vulnerability": _versioned(name="CVE-2025-0001"),
    "relationship": _versioned(
        relationship_type="indicates",
        source_ref=ref("indicator"),
        target_ref=ref("malware"),
        start_time=WHEN,
        stop_time=LATER,
    ),
    "sighting": _versioned(
        sighting_of_ref=ref("indicator"),
        count=50,
        observed_data_refs=[ref("observed-data")],
        where_sighted_refs=[ref("identity"), ref("location")],
        summary=False,
        **_SEEN,
    ),
    "marking-definition": {
        "spec_version": "2.1",
        "created": WHEN,
        "name": "House rules",
        "definition_type": "statement",
        "definition": {"statement": "For members only"},
    },
    "language-content": _versioned(
        object_ref=ref("campaign"),
        object_modified=WHEN,
        contents={"zh-Hans": {"name": "双十一"}, "de": {"name": "Doppelelf"}},
    ),
    "extension-definition": _versioned(
        created_by_ref=ref("identity"),
        name="Ranks",
        schema="https://example.org/ranks.json",
        version="1.0.0",
        extension_types=["property-extension", "toplevel-property-extension"],
        extension_properties=["rank"],
    ),
    "artifact": {
        "mime_type": "image/png",
        "payload_bin": "aGFuc2U=",
        "hashes": {"SHA-256": SHA256},
        "encryption_algorithm": "mime-type-indicated",
        "decryption_key": "infected",
    },
    "autonomous-system": {"number": 64500, "name": "Example", "rir": "APNIC"},
    "directory": {
        "path": "C:\\Windows",
        "path_enc": "windows-1252",
        "ctime": WHEN,
        "contains_refs": [ref("file"), ref("directory")],
    },
    "domain-name": {
        "spec_version": "2.1",
        "value": "shop.example",
        "resolves_to_refs": [ref("ipv4-addr"), ref("ipv6-addr"), ref("domain-name")],
        "object_marking_refs": [RED_1],
        "granular_markings": [{"selectors": ["value"], "marking_ref": RED_1}],
    },
    "email-addr": {
        "value": "pay@shop.example",
        "display_name": "Payments",
        "belongs_to_ref": ref("user-account"),
    },
    "email-message": {
        "is_multipart": True,
        "date": WHEN,
        "from_ref": ref("email-addr"),
        "to_refs": [ref("email-addr")],
        "subject": "Your parcel",
        "additional_header_fields": {"Reply-To": ["a@shop.example"], "X-Mailer": "m"},
        "body_multipart": [
            {"body": "Hello", "content_type": "text/plain"},
            {"body_raw_ref": ref("artifact")},
        ],
        "raw_email_ref": ref("artifact"),
    },
    "file": {
        "name": "invoice.pdf.exe",
        "hashes": {"SHA-256": SHA256, "MD5": SHA256[:32], "x_own_hash": "anything"},
        "size": 25536,
        "magic_number_hex": "504B0304",
        "parent_directory_ref": ref("directory"),
        "contains_refs": [ref("url")],
        "extensions": {
            "archive-ext": {"contains_refs": [ref("file")], "comment": "kit"},
            "ntfs-ext": {
                "sid": "S-1-5",
                "alternate_data_streams": [{"name": "s", "size": 1}],
            },
            "pdf-ext": {"version": "1.7", "document_info_dict": {"Title": "Bill"}},
            "raster-image-ext": {"image_width": 4, "exif_tags": {"Make": "N", "X": 1}},
            "windows-pebinary-ext": {
                "pe_type": "exe",
                "machine_hex": "014c",
                "time_date_stamp": WHEN,
                "optional_header": {"magic_hex": "010b", "size_of_code": 1},
                "sections": [{"name": "CODE", "entropy": 7.9}],
            },
        },
    },
    "ipv4-addr": {
        "value": "198.51.100.0/24",
        "resolves_to_refs": [ref("mac-addr")],
        "belongs_to_refs": [ref("autonomous-system")],
    },
    "ipv6-addr": {"value": "2001:db8::/32"},
    "mac-addr": {"value": "00:00:5e:00:53:01"},
    "mutex": {"name": "__SWEEP__"},
    "network-traffic": {
        "start": WHEN,
        "end": LATER,
        "is_active": False,
        "src_ref": ref("ipv4-addr"),
        "dst_ref": ref("domain-name"),
        "src_port": 2487,
        "dst_port": 65535,
        "protocols": ["ipv4", "tcp", "http"],
        "src_byte_count": 0,
        "ipfix": {"minimumIpTotalLength": 32, "interfaceName": "eth0"},
        "encapsulates_refs": [ref("network-traffic")],
        "extensions": {
            "http-request-ext": {
                "request_method": "get",
                "request_value": "/",
                "request_header": {"Host": ["shop.example"]},
            },
            "icmp-ext": {"icmp_type_hex": "08", "icmp_code_hex": "00"},
            "socket-ext": {"address_family": "AF_INET", "options": {"SO_LINGER": 1}},
            "tcp-ext": {"src_flags_hex": "00000002"},
        },
    },
    "process": {
        "pid": 314,
        "command_line": "./fetch --all",
        "environment_variables": {"PATH": "/bin"},
        "image_ref": ref("file"),
        "child_refs": [ref("process")],
        "extensions": {
            "windows-process-ext": {"aslr_enabled": True, "integrity_level": "high"},
            "windows-service-ext": {
                "service_name": "fetch",
                "start_type": "SERVICE_AUTO_START",
                "service_dll_refs": [ref("file")],
            },
        },
    },
    "software": {
        "name": "Shopper",
        "cpe": "cpe:2.3:a:example:shopper:1.0:*:*:*:*:*:*:*",
        "languages": ["en", "zh-Hans"],
    },
    "url": {"value": "https://shop.example/login", "defanged": False},
    "user-account": {
        "user_id": "1001",
        "account_type": "unix",
        "is_privileged": False,
        "account_created": WHEN,
        "extensions": {"unix-account-ext": {"gid": 1001, "groups": ["wheel"]}},
    },
    "windows-registry-key": {
        "key": "HKEY_LOCAL_MACHINE\\System\\Foo",
        "values": [{"name": "", "data": "1", "data_type": "REG_SZ"}],
        "number_of_subkeys": 0,
    },
    "x509-certificate": {
        "is_self_signed": True,
        "hashes": {"SHA-256": SHA256},
        "serial_number": "36:f7",
        "validity_not_before": WHEN,
        "subject_public_key_exponent": 65537,
        "x509_v3_extensions": {"key_usage": "critical, keyCertSign"},
    },
    "x-example-sdo": _versioned(name="A custom object", anything={"At": [None, {}]}),
    "x-example-sco": {"value": "a custom observable"},
}

TYPES = tuple(_OBJECTS)


def sample(kind: str, **changes: Any) -> dict[str, Any]:
    """A valid object of that type, with these properties changed or dropped."""
    value = {"type": kind, "id": ref(kind), **copy.deepcopy(_OBJECTS[kind]), **changes}
    return {name: item for name, item in value.items() if item is not DROP}


def raw(value: object) -> bytes:
    """As it comes over the wire."""
    return json.dumps(value).encode()
