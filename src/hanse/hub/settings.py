"""The hub's settings: read from the environment once, checked, then never again.

Every one has a safe default. A name beginning with `HANSE_` that nobody knows stops
the start, because a misspelt setting that is silently ignored is a setting that is
off. Names of the edge (`HANSE_EDGE_`) and of the tests (`HANSE_TEST_`) are theirs.

| name | meaning | default |
|---|---|---|
| HANSE_DATA | folder of keys and of the embedded PostgreSQL | ~/.local/share/hanse |
| HANSE_DATABASE_URL | any PostgreSQL 15 or newer instead of the embedded one | - |
| HANSE_LISTEN | address and port | 127.0.0.1:8440 |
| HANSE_PUBLIC_URL | how others reach it, for links and join codes | from HANSE_LISTEN |
| HANSE_WORKERS | processes that answer | 1 |
| HANSE_TLS_CERT, HANSE_TLS_KEY | PEM files: the hub speaks TLS itself | - |
| HANSE_BEHIND_PROXY | 1: a proxy in front speaks TLS and says who calls | 0 |
| HANSE_SECOND_FACTOR | required; or, on a loopback address, optional | required |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from hanse.base.errors import Refusal

NAMES = (
    "HANSE_BEHIND_PROXY",
    "HANSE_DATA",
    "HANSE_DATABASE_URL",
    "HANSE_LISTEN",
    "HANSE_PUBLIC_URL",
    "HANSE_SECOND_FACTOR",
    "HANSE_TLS_CERT",
    "HANSE_TLS_KEY",
    "HANSE_WORKERS",
)
_OF_OTHERS = ("HANSE_EDGE_", "HANSE_TEST_")
MAX_WORKERS = 64


class SettingRefused(Refusal):
    """A setting that is unknown, unreadable or unsafe."""

    code = "hub.setting_refused"


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the hub may be told from outside."""

    data: Path
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8440
    public_url: str = "http://127.0.0.1:8440"
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None
    is_behind_proxy: bool = False
    is_second_factor_required: bool = True

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the hub by https, so that cookies are bound to it."""
        return self.public_url.startswith("https://")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in `environment`, checked.

    Raises:
        SettingRefused: a name or value that cannot be meant; says what to write.
    """
    _refuse_unknown(environment)
    given = {name: environment.get(name, "").strip() for name in NAMES}
    host, port = _address(given["HANSE_LISTEN"] or "127.0.0.1:8440")
    cert, key = _path(given["HANSE_TLS_CERT"]), _path(given["HANSE_TLS_KEY"])
    behind_proxy = _switch("HANSE_BEHIND_PROXY", given["HANSE_BEHIND_PROXY"])
    _refuse_open_doors(host, cert, key, is_behind_proxy=behind_proxy)
    return Settings(
        data=_path(given["HANSE_DATA"]) or _default_data(environment),
        database_url=given["HANSE_DATABASE_URL"] or None,
        host=host,
        port=port,
        public_url=_public_url(
            given["HANSE_PUBLIC_URL"], host, port, is_tls=bool(cert)
        ),
        workers=_workers(given["HANSE_WORKERS"]),
        tls_cert=cert,
        tls_key=key,
        is_behind_proxy=behind_proxy,
        is_second_factor_required=_second_factor(given["HANSE_SECOND_FACTOR"], host),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    for name in environment:
        if not name.startswith("HANSE_") or name.startswith(_OF_OTHERS):
            continue
        if name not in NAMES:
            near = get_close_matches(name, NAMES, n=1, cutoff=0.8)
            hint = f"did you mean {near[0]}? " if near else ""
            raise SettingRefused(
                f"the setting {name} is unknown; {hint}Known are {', '.join(NAMES)}"
            )


def _default_data(environment: Mapping[str, str]) -> Path:
    home = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "hanse"


def _path(text: str) -> Path | None:
    return Path(text).expanduser().resolve() if text else None


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingRefused(
            "HANSE_LISTEN must be an address and a port, as in 127.0.0.1:8440"
        )
    return host, int(port)


def _switch(name: str, text: str) -> bool:
    if text not in ("", "0", "1"):
        raise SettingRefused(f"{name} must be 0 or 1")
    return text == "1"


def _workers(text: str) -> int:
    if not text:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= MAX_WORKERS:
        raise SettingRefused(f"HANSE_WORKERS must be a number from 1 to {MAX_WORKERS}")
    return int(text)


def _second_factor(text: str, host: str) -> bool:
    if text in ("", "required"):
        return True
    if text != "optional":
        raise SettingRefused("HANSE_SECOND_FACTOR must be required or optional")
    if not is_loopback(host):
        raise SettingRefused(
            "HANSE_SECOND_FACTOR=optional is for trying things out on a loopback"
            " address; operators and overseers of a real hub need a second factor"
        )
    return False


def _public_url(text: str, host: str, port: int, *, is_tls: bool) -> str:
    if not text:
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if is_tls else 'http'}://{shown}:{port}"
    parts = urlsplit(text)
    is_whole = parts.scheme in ("http", "https") and parts.hostname
    if not is_whole or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingRefused(
            "HANSE_PUBLIC_URL must be a scheme and a host, as in https://hub.example"
        )
    return text.rstrip("/")


def _refuse_open_doors(
    host: str, cert: Path | None, key: Path | None, *, is_behind_proxy: bool
) -> None:
    if (cert is None) != (key is None):
        raise SettingRefused("HANSE_TLS_CERT and HANSE_TLS_KEY go together; set both")
    for name, path in (("HANSE_TLS_CERT", cert), ("HANSE_TLS_KEY", key)):
        if path is not None and not path.is_file():
            raise SettingRefused(f"{name} names no file that can be read")
    if not is_loopback(host) and cert is None and not is_behind_proxy:
        raise SettingRefused(
            f"the hub will not listen on {host} without TLS: passwords and keys would"
            " travel in clear. Set HANSE_TLS_CERT and HANSE_TLS_KEY, or"
            " HANSE_BEHIND_PROXY=1 if a proxy in front of it speaks TLS"
        )
