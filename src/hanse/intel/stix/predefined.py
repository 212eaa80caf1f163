"""The extensions STIX 2.1 itself defines for cyber-observable objects: section 6.

Archive, NTFS, PDF, raster image and Windows PE binary for files; HTTP request,
ICMP, socket and TCP for network traffic; Windows process and service; UNIX account.
Most of them must have at least one property.
"""

from collections.abc import Mapping

from hanse.intel.stix.faults import Check, Faults, here
from hanse.intel.stix.hashes import hashes
from hanse.intel.stix.records import fields, record
from hanse.intel.stix.values import (
    dictionary,
    either,
    flag,
    integer,
    listed,
    number,
    one_of,
    reference,
    text,
)

_EMPTY = here("needs at least one property")
_count = integer(0)
_integer = integer()
_text_or_integer = either(text, _integer)
_texts_or_text = either(listed(text), text)


def some(check: Check, *, besides: str = "") -> Check:
    """The record must also hold one property or more, not counting `besides`."""
    uncounted = set(besides.split())

    def checked(value: object) -> Faults | None:
        faults = check(value)
        if faults is None and isinstance(value, dict) and not value.keys() - uncounted:
            return _EMPTY
        return faults

    return checked


def _integers(names: str, check: Check = _integer) -> dict[str, Check]:
    return dict.fromkeys(names.split(), check)


header_fields = dictionary(_texts_or_text)
"""Each header as a list of its values; a bare string too, since the standard's own
examples write it (section 6.6)."""

_alternate_data_stream = record(
    {**fields(text="name"), "hashes": hashes, "size": _count}, required=("name",)
)
_pe_section = record(
    {
        **fields(text="name"),
        "size": _count,
        "entropy": number(),
        "hashes": hashes,
    },
    required=("name",),
)
_pe_optional_header = some(
    record(
        {
            **fields(
                hexadecimal="magic_hex win32_version_value_hex checksum_hex "
                "subsystem_hex dll_characteristics_hex loader_flags_hex"
            ),
            **_integers(
                "major_linker_version minor_linker_version address_of_entry_point "
                "base_of_code base_of_data image_base section_alignment "
                "file_alignment major_os_version minor_os_version "
                "major_image_version minor_image_version major_subsystem_version "
                "minor_subsystem_version number_of_rva_and_sizes"
            ),
            **_integers(
                "size_of_code size_of_initialized_data size_of_uninitialized_data "
                "size_of_image size_of_headers size_of_stack_reserve "
                "size_of_stack_commit size_of_heap_reserve size_of_heap_commit",
                _count,
            ),
            "hashes": hashes,
        }
    )
)

FILE_EXTENSIONS: Mapping[str, Check] = {
    "archive-ext": record(
        {
            **fields(text="comment"),
            "contains_refs": listed(reference("file", "directory")),
        },
        required=("contains_refs",),
    ),
    "ntfs-ext": some(
        record(
            {
                **fields(text="sid"),
                "alternate_data_streams": listed(_alternate_data_stream),
            }
        )
    ),
    "pdf-ext": some(
        record(
            {
                **fields(text="version pdfid0 pdfid1"),
                "is_optimized": flag,
                "document_info_dict": dictionary(text),
            }
        )
    ),
    "raster-image-ext": some(
        record(
            {
                **_integers("image_height image_width bits_per_pixel"),
                "exif_tags": dictionary(_text_or_integer),
            }
        )
    ),
    "windows-pebinary-ext": some(
        record(
            {
                **fields(
                    text="pe_type imphash",
                    timestamps="time_date_stamp",
                    hexadecimal="machine_hex pointer_to_symbol_table_hex "
                    "characteristics_hex",
                ),
                **_integers(
                    "number_of_sections number_of_symbols size_of_optional_header",
                    _count,
                ),
                "file_header_hashes": hashes,
                "optional_header": _pe_optional_header,
                "sections": listed(_pe_section),
            },
            required=("pe_type",),
        ),
        besides="pe_type",
    ),
}
TRAFFIC_EXTENSIONS: Mapping[str, Check] = {
    "http-request-ext": record(
        {
            **fields(text="request_method request_value request_version"),
            "request_header": header_fields,
            "message_body_length": _integer,
            "message_body_data_ref": reference("artifact"),
        },
        required=("request_method", "request_value"),
    ),
    "icmp-ext": record(
        fields(hexadecimal="icmp_type_hex icmp_code_hex"),
        required=("icmp_type_hex", "icmp_code_hex"),
    ),
    "socket-ext": record(
        {
            "address_family": one_of(
                "AF_UNSPEC",
                "AF_INET",
                "AF_IPX",
                "AF_APPLETALK",
                "AF_NETBIOS",
                "AF_INET6",
                "AF_IRDA",
                "AF_BTH",
            ),
            "is_blocking": flag,
            "is_listening": flag,
            "options": dictionary(_integer),
            "socket_type": one_of(
                "SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET"
            ),
            "socket_descriptor": _count,
            "socket_handle": _integer,
        },
        required=("address_family",),
    ),
    "tcp-ext": some(record(fields(hexadecimal="src_flags_hex dst_flags_hex"))),
}
PROCESS_EXTENSIONS: Mapping[str, Check] = {
    "windows-process-ext": some(
        record(
            {
                **fields(text="priority owner_sid window_title"),
                "aslr_enabled": flag,
                "dep_enabled": flag,
                "startup_info": dictionary(),
                "integrity_level": one_of("low", "medium", "high", "system"),
            }
        )
    ),
    "windows-service-ext": some(
        record(
            {
                **fields(
                    text="service_name display_name group_name", texts="descriptions"
                ),
                "start_type": one_of(
                    "SERVICE_AUTO_START",
                    "SERVICE_BOOT_START",
                    "SERVICE_DEMAND_START",
                    "SERVICE_DISABLED",
                    "SERVICE_SYSTEM_ALERT",
                ),
                "service_dll_refs": listed(reference("file")),
                "service_type": one_of(
                    "SERVICE_KERNEL_DRIVER",
                    "SERVICE_FILE_SYSTEM_DRIVER",
                    "SERVICE_WIN32_OWN_PROCESS",
                    "SERVICE_WIN32_SHARE_PROCESS",
                ),
                "service_status": one_of(
                    "SERVICE_CONTINUE_PENDING",
                    "SERVICE_PAUSE_PENDING",
                    "SERVICE_PAUSED",
                    "SERVICE_RUNNING",
                    "SERVICE_START_PENDING",
                    "SERVICE_STOP_PENDING",
                    "SERVICE_STOPPED",
                ),
            }
        )
    ),
}
USER_ACCOUNT_EXTENSIONS: Mapping[str, Check] = {
    "unix-account-ext": some(
        record({**fields(text="home_dir shell", texts="groups"), "gid": _integer})
    ),
}
