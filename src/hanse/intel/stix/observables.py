"""STIX cyber-observable objects: section 6, one check per type.

Values are checked for their form where a wrong form would mislead (addresses,
hashes, hexadecimal, base64). Domain names, URLs and e-mail addresses must not be
empty and are kept as they are otherwise: the standard wants RFC 1034 and RFC 3986,
attackers do not care, and what they really used is the very thing to share.
What says of itself that it is defanged is not held against the forms.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from hanse.intel.stix.faults import Check, Fault, Faults, at, here, unlike
from hanse.intel.stix.hashes import hashes
from hanse.intel.stix.predefined import (
    FILE_EXTENSIONS,
    PROCESS_EXTENSIONS,
    TRAFFIC_EXTENSIONS,
    USER_ACCOUNT_EXTENSIONS,
    header_fields,
    some,
)
from hanse.intel.stix.properties import (
    ON_OBSERVABLES,
    extensions,
    selectors_select,
    typed,
)
from hanse.intel.stix.records import (
    Rule,
    at_least_one,
    fields,
    needs,
    not_before,
    not_both,
    record,
)
from hanse.intel.stix.values import (
    base64,
    dictionary,
    either,
    flag,
    hexadecimal,
    integer,
    language,
    listed,
    one_of,
    reference,
    reference_but,
    text,
)

_EMPTY = here("must not be empty")
_NOT_A_CPE = here("must be a CPE 2.3 name, beginning with cpe:2.3:")
_SHORT_HIVES = ("HKLM\\", "HKCU\\", "HKCR\\", "HKU\\", "HKCC\\")

_any_observable = reference_but(
    {"relationship", "sighting", "bundle", "marking-definition"},
    "a cyber-observable object",
)
_address = reference("ipv4-addr", "ipv6-addr", "mac-addr", "domain-name")
_artifact = reference("artifact")
_user = reference("user-account")
_traffic = reference("network-traffic")
_email = reference("email-addr")
_count = integer(0)
_port = integer(0, 65_535)
_mac = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}").fullmatch


def _filled(value: object) -> Faults | None:
    if type(value) is not str:
        return unlike("a string", value)
    return None if value else _EMPTY


def _cpe(value: object) -> Faults | None:
    if type(value) is not str:
        return unlike("a string", value)
    return None if value.startswith("cpe:2.3:") else _NOT_A_CPE


def _shaped(is_good: Callable[[str], object], message: str) -> Rule:
    """The `value` has this form, unless the object says it is defanged."""

    def rule(value: dict[str, Any]) -> Fault | None:
        shown = value.get("value")
        if value.get("defanged") is True or not isinstance(shown, str):
            return None
        return None if is_good(shown) else at("value", message)

    return rule


def _is_ipv4(value: str) -> bool:
    address, slash, bits = value.partition("/")
    octets = address.split(".")
    return (
        len(octets) == 4
        and all(_is_at_most(octet, 255) for octet in octets)
        and (not slash or _is_at_most(bits, 32))
    )


def _is_ipv6(value: str) -> bool:
    address, slash, bits = value.partition("/")
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    return not slash or _is_at_most(bits, 128)


def _is_at_most(digits: str, most: int) -> bool:
    return (
        0 < len(digits) <= 3
        and digits.isascii()
        and digits.isdigit()
        and int(digits) <= most
    )


def _is_not_both_active_and_over(value: dict[str, Any]) -> Fault | None:
    if value.get("is_active") is True and "end" in value:
        return at("is_active", "must be false where end is present")
    return None


def _body_fits(value: dict[str, Any]) -> Fault | None:
    if value.get("is_multipart") is True and "body" in value:
        return at("body", "must not be used where is_multipart is true")
    if value.get("is_multipart") is False and "body_multipart" in value:
        return at("body_multipart", "must not be used where is_multipart is false")
    return None


def _hive_is_written_out(value: dict[str, Any]) -> Fault | None:
    key = value.get("key")
    if isinstance(key, str) and key.upper().startswith(_SHORT_HIVES):
        return at("key", "must have its hive written out, like HKEY_LOCAL_MACHINE")
    return None


def _observable(
    *rules: Rule,
    required: str = "",
    text: str = "",
    texts: str = "",
    timestamps: str = "",
    predefined: Mapping[str, Check] | None = None,
    **others: Check,
) -> Check:
    """The check of an observable; names of properties are separated by spaces."""
    return record(
        {
            **typed(text=text, texts=texts, timestamps=timestamps),
            **ON_OBSERVABLES,
            **others,
            "extensions": extensions(predefined),
        },
        required=required.split(),
        rules=(selectors_select, *rules),
    )


def _at_least_one_of_its_own(names: str) -> Rule:
    return at_least_one(*names.split())


_mime_part = record(
    {
        **fields(text="body content_type content_disposition"),
        "body_raw_ref": reference("artifact", "file"),
    },
    rules=(at_least_one("body", "body_raw_ref"),),
)
_registry_value = some(
    record(
        {
            **fields(text="name data"),
            "data_type": one_of(
                "REG_NONE",
                "REG_SZ",
                "REG_EXPAND_SZ",
                "REG_BINARY",
                "REG_DWORD",
                "REG_DWORD_BIG_ENDIAN",
                "REG_DWORD_LITTLE_ENDIAN",
                "REG_LINK",
                "REG_MULTI_SZ",
                "REG_RESOURCE_LIST",
                "REG_FULL_RESOURCE_DESCRIPTION",
                "REG_RESOURCE_REQUIREMENTS_LIST",
                "REG_QWORD",
                "REG_INVALID_TYPE",
            ),
        }
    )
)
_x509_v3 = some(
    record(
        fields(
            text="basic_constraints name_constraints policy_constraints key_usage "
            "extended_key_usage subject_key_identifier authority_key_identifier "
            "subject_alternative_name issuer_alternative_name "
            "subject_directory_attributes crl_distribution_points "
            "inhibit_any_policy certificate_policies policy_mappings",
            timestamps="private_key_usage_period_not_before "
            "private_key_usage_period_not_after",
        )
    )
)

OBSERVABLES: Mapping[str, Check] = {
    "artifact": _observable(
        at_least_one("payload_bin", "url"),
        not_both("payload_bin", "url"),
        needs("url", "hashes"),
        needs("decryption_key", "encryption_algorithm"),
        text="mime_type url decryption_key",
        payload_bin=base64,
        hashes=hashes,
        encryption_algorithm=one_of(
            "AES-256-GCM", "ChaCha20-Poly1305", "mime-type-indicated"
        ),
    ),
    "autonomous-system": _observable(
        required="number", text="name rir", number=integer()
    ),
    "directory": _observable(
        needs("path_enc", "path"),
        required="path",
        text="path path_enc",
        timestamps="ctime mtime atime",
        contains_refs=listed(reference("file", "directory")),
    ),
    "domain-name": _observable(
        required="value",
        value=_filled,
        resolves_to_refs=listed(reference("ipv4-addr", "ipv6-addr", "domain-name")),
    ),
    "email-addr": _observable(
        required="value", text="display_name", value=_filled, belongs_to_ref=_user
    ),
    "email-message": _observable(
        _body_fits,
        required="is_multipart",
        text="content_type message_id subject body",
        texts="received_lines",
        timestamps="date",
        is_multipart=flag,
        from_ref=_email,
        sender_ref=_email,
        to_refs=listed(_email),
        cc_refs=listed(_email),
        bcc_refs=listed(_email),
        additional_header_fields=header_fields,
        body_multipart=listed(_mime_part),
        raw_email_ref=_artifact,
    ),
    "file": _observable(
        at_least_one("hashes", "name"),
        needs("name_enc", "name"),
        text="name name_enc mime_type",
        timestamps="ctime mtime atime",
        predefined=FILE_EXTENSIONS,
        hashes=hashes,
        size=_count,
        magic_number_hex=hexadecimal,
        parent_directory_ref=reference("directory"),
        contains_refs=listed(_any_observable),
        content_ref=_artifact,
    ),
    "ipv4-addr": _observable(
        _shaped(_is_ipv4, "must be an IPv4 address or network, such as 192.0.2.0/24"),
        required="value",
        value=_filled,
        resolves_to_refs=listed(reference("mac-addr")),
        belongs_to_refs=listed(reference("autonomous-system")),
    ),
    "ipv6-addr": _observable(
        _shaped(_is_ipv6, "must be an IPv6 address or network, such as 2001:db8::/32"),
        required="value",
        value=_filled,
        resolves_to_refs=listed(reference("mac-addr")),
        belongs_to_refs=listed(reference("autonomous-system")),
    ),
    "mac-addr": _observable(
        _shaped(_mac, "must be lowercase with colons, such as 00:00:5e:00:53:01"),
        required="value",
        value=_filled,
    ),
    "mutex": _observable(required="name", text="name"),
    "network-traffic": _observable(
        at_least_one("src_ref", "dst_ref"),
        not_before("start", "end"),
        _is_not_both_active_and_over,
        required="protocols",
        texts="protocols",
        timestamps="start end",
        predefined=TRAFFIC_EXTENSIONS,
        is_active=flag,
        src_ref=_address,
        dst_ref=_address,
        src_port=_port,
        dst_port=_port,
        src_byte_count=_count,
        dst_byte_count=_count,
        src_packets=_count,
        dst_packets=_count,
        ipfix=dictionary(either(text, integer())),
        src_payload_ref=_artifact,
        dst_payload_ref=_artifact,
        encapsulates_refs=listed(_traffic),
        encapsulated_by_ref=_traffic,
    ),
    "process": _observable(
        _at_least_one_of_its_own(
            "is_hidden pid created_time cwd command_line environment_variables "
            "opened_connection_refs creator_user_ref image_ref parent_ref child_refs "
            "extensions"
        ),
        text="cwd command_line",
        timestamps="created_time",
        predefined=PROCESS_EXTENSIONS,
        is_hidden=flag,
        pid=integer(),
        environment_variables=dictionary(text),
        opened_connection_refs=listed(_traffic),
        creator_user_ref=_user,
        image_ref=reference("file"),
        parent_ref=reference("process"),
        child_refs=listed(reference("process")),
    ),
    "software": _observable(
        required="name",
        text="name swid vendor version",
        cpe=_cpe,
        languages=listed(language),
    ),
    "url": _observable(required="value", value=_filled),
    "user-account": _observable(
        _at_least_one_of_its_own(
            "user_id credential account_login account_type display_name "
            "is_service_account is_privileged can_escalate_privs is_disabled "
            "account_created account_expires credential_last_changed "
            "account_first_login account_last_login extensions"
        ),
        text="user_id credential account_login account_type display_name",
        timestamps="account_created account_expires credential_last_changed "
        "account_first_login account_last_login",
        predefined=USER_ACCOUNT_EXTENSIONS,
        is_service_account=flag,
        is_privileged=flag,
        can_escalate_privs=flag,
        is_disabled=flag,
    ),
    "windows-registry-key": _observable(
        _at_least_one_of_its_own(
            "key values modified_time creator_user_ref number_of_subkeys"
        ),
        _hive_is_written_out,
        text="key",
        timestamps="modified_time",
        values=listed(_registry_value),
        creator_user_ref=_user,
        number_of_subkeys=integer(),
    ),
    "x509-certificate": _observable(
        _at_least_one_of_its_own(
            "is_self_signed hashes version serial_number signature_algorithm issuer "
            "validity_not_before validity_not_after subject "
            "subject_public_key_algorithm subject_public_key_modulus "
            "subject_public_key_exponent x509_v3_extensions"
        ),
        text="version serial_number signature_algorithm issuer subject "
        "subject_public_key_algorithm subject_public_key_modulus",
        timestamps="validity_not_before validity_not_after",
        is_self_signed=flag,
        hashes=hashes,
        subject_public_key_exponent=integer(),
        x509_v3_extensions=_x509_v3,
    ),
}
