"""The closed list of files a browser may fetch, each under its own hash.

A file's address changes with its content, so it may be kept for ever. Nothing
outside the list is served, whatever the address says: it is looked up in a
dictionary, never on the disk. Files stay in memory, plain and gzipped.
"""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"

_NAMES = (
    "hanse.css",
    "hanse.js",
    "charts.js",
    "graph.js",
    "anchor.svg",
    "vendor/tabler.min.css",
    "vendor/htmx.min.js",
    "vendor/echarts.common.min.js",
    "vendor/cytoscape.min.js",
)

# Litestar adds the charset to what is text.
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class AssetsMissing(RuntimeError):
    """Files that the build copies from npm packages are not there."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    address: str
    media_type: str
    plain: bytes
    gzipped: bytes


class Assets:
    """All files, by name for templates and by address for the door."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        """`files`: name and content; the name's ending decides the media type."""
        self._by_name = {name: _asset(name, content) for name, content in files}
        self._by_address = {asset.address: asset for asset in self._by_name.values()}

    def address(self, name: str) -> str:
        """Where a page finds the file: `hanse.3f2a9c1d4e5b.css`, without a prefix."""
        return self._by_name[name].address

    def find(self, address: str) -> Asset | None:
        """The file at exactly this address."""
        return self._by_address.get(address)


@cache
def own_assets() -> Assets:
    """The package's own files; raises `AssetsMissing` with what to do."""
    missing = [name for name in _NAMES if not (STATIC / name).is_file()]
    if missing:
        raise AssetsMissing(
            f"browser files are missing ({', '.join(missing)}); they come with the "
            "build: in a checkout run `make test` once, else reinstall the package"
        )
    return Assets((name, (STATIC / name).read_bytes()) for name in _NAMES)


def _asset(name: str, content: bytes) -> Asset:
    path = Path(name)
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(
        address=f"{path.stem}.{digest}{path.suffix}",
        media_type=_TYPES[path.suffix],
        plain=content,
        gzipped=gzip.compress(content, 6, mtime=0),
    )
