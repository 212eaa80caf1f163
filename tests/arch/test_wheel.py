"""What is built holds all that Hanse needs when it runs, and nothing of the tests."""

import subprocess
import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = {".sql", ".html", ".css", ".js", ".svg", ".png", ".txt", ".json", ".dat"}


def build(target: str, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(build("wheel", tmp_path_factory.mktemp("wheel")))


def test_every_module_and_every_data_file_of_the_package_is_in_the_wheel(
    wheel: zipfile.ZipFile,
):
    source = ROOT / "src"
    wanted = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.suffix in {".py", *DATA} and ".vendor-" not in str(path)
    }

    assert wanted - set(wheel.namelist()) == set()


def test_the_browser_files_and_compiled_catalogues_are_in_the_wheel(
    wheel: zipfile.ZipFile,
):
    names = wheel.namelist()
    catalogues = [
        str(path.relative_to(ROOT / "src").with_suffix(".mo"))
        for path in (ROOT / "src").rglob("*.po")
    ]

    assert "hanse/ui/static/vendor/htmx.min.js" in names
    assert "hanse/ui/static/vendor/tabler.min.css" in names
    assert set(catalogues) <= set(names)


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile):
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"hanse"}


def test_an_edge_is_an_extra_that_asks_for_nothing_more(wheel: zipfile.ZipFile):
    (name,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    metadata = HeaderParser().parsestr(wheel.read(name).decode())

    assert "edge" in metadata.get_all("Provides-Extra", [])
    asked = metadata.get_all("Requires-Dist", [])
    assert [line for line in asked if "extra == 'edge'" in line] == []
    assert [line for line in asked if line.startswith("psycopg") and "'hub'" in line]


def test_a_source_archive_can_be_built_from(tmp_path: Path):
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"hatch_build.py", "assets/package-lock.json", "LICENSE"} <= names
    assert "src/hanse/ui/static/vendor/htmx.min.js" in names
