"""What can be set for an edge, read from the environment once.

Every field has a safe default. An unknown `HANSE_EDGE_...` name stops the start: a
misspelt brake must not be a missing brake.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hanse.base.errors import Refusal

PREFIX = "HANSE_EDGE_"
DEFAULT_PORT = 8441


class SettingUnknown(Refusal):
    """A setting is misspelt or does not exist."""

    code = "edge.setting_unknown"


class SettingMalformed(Refusal):
    """A setting has a value that it cannot have."""

    code = "edge.setting_malformed"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the edge answers its own company's programs."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach it."""
        return self.host == "localhost" or _is_loopback_address(self.host)

    @property
    def url(self) -> str:
        """The address to put into a client."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def _default_folder() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "hanse" / "edge"


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it; see `docs/` for what each is for."""

    data: Path = field(default_factory=_default_folder)
    listen: Listen = field(default_factory=Listen)
    # Serve without a key; only ever on loopback, for demonstrations.
    is_open_on_loopback: bool = False
    # A hub named by http:// is refused unless it is on this machine: the edge's key
    # would travel in clear.
    may_use_plain_http: bool = False
    # New blocks the feed may cause in any 60 minutes once the edge has caught up for
    # the first time; what exceeds it is only watched until a person has looked.
    # A busy alliance sees some hundred a day. None: no limit.
    most_new_blocks_per_hour: int | None = 5_000
    # Hits are told to the hub as counts per value, never who or which address.
    sends_sightings: bool = True
    catch_up_limit: int = 2_000
    sightings_seconds: float = 30.0
    ack_seconds: float = 0.25

    @property
    def store(self) -> Path:
        """The edge's SQLite file."""
        return self.data / "edge.db"


_NAMES = {
    "DATA": "data",
    "LISTEN": "listen",
    "OPEN_ON_LOOPBACK": "is_open_on_loopback",
    "PLAIN_HTTP": "may_use_plain_http",
    "MOST_NEW_BLOCKS_PER_HOUR": "most_new_blocks_per_hour",
    "SEND_SIGHTINGS": "sends_sightings",
}
# Read elsewhere: the key with which `hanse check` asks, and where.
_OTHERS = {"KEY", "URL"}


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings; raises SettingUnknown or SettingMalformed."""
    found: dict[str, object] = {}
    for name, text in environment.items():
        short = name.removeprefix(PREFIX)
        if short == name or short in _OTHERS:
            continue
        if short not in _NAMES:
            known = ", ".join(PREFIX + each for each in (*_NAMES, *sorted(_OTHERS)))
            raise SettingUnknown(f"There is no setting {name}; there are: {known}.")
        found[_NAMES[short]] = _read(name, short, text.strip())
    settings = Settings(**found)  # type: ignore[arg-type]
    require_safe(settings)
    return settings


def require_safe(settings: Settings) -> None:
    """Refuse to be open to a network without a key."""
    if settings.is_open_on_loopback and not settings.listen.is_loopback:
        raise SettingMalformed(
            "An edge that is open without a key must listen on 127.0.0.1, and it is "
            f"set to listen on {settings.listen.host}. Make a key with `hanse edge "
            "key new --scope check` and leave it closed."
        )


def listen_of(text: str) -> Listen:
    """Read `host:port`, `[v6]:port` or a port; raises SettingMalformed."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise SettingMalformed(
            "An address to listen on is host:port, such as 127.0.0.1:8441."
        )
    return Listen(host, int(port))


def _read(name: str, short: str, text: str) -> object:
    match short:
        case "DATA":
            return Path(text).expanduser()
        case "LISTEN":
            return listen_of(text)
        case "MOST_NEW_BLOCKS_PER_HOUR":
            return _count_or_unlimited(name, text)
    return _yes_or_no(name, text)


def _count_or_unlimited(name: str, text: str) -> int | None:
    if text == "unlimited":
        return None
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    raise SettingMalformed(f"{name} is a number of blocks, or `unlimited`.")


def _yes_or_no(name: str, text: str) -> bool:
    meant = {"1": True, "true": True, "yes": True, "0": False, "false": False}
    meant |= {"no": False}
    if text.lower() not in meant:
        raise SettingMalformed(f"{name} is 1 or 0.")
    return meant[text.lower()]


def _is_loopback_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
