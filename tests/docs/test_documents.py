"""What the documents name exists: commands, options, files, settings, figures."""

import re
import tomllib
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from hanse.cli.main import GROUPS, load
from hanse.edge.settings import PREFIX, from_environment
from hanse.edge.settings import Settings as EdgeSettings
from hanse.hub.settings import NAMES, read_settings
from hanse.trust.score import ENFORCE_FROM, WATCH_FROM
from tests.docs import pages

DOCUMENTS = pytest.mark.parametrize("document", pages.DOCUMENTS, ids=pages.name)


def refusal_of(words: list[str]) -> str:
    """Why `hanse WORDS` cannot be typed; empty if it can."""
    if words[0].startswith("-"):
        return ""
    if words[0] not in GROUPS:
        return f"there is no `hanse {words[0]}`"
    command, rest = load(words[0]), words[1:]
    context = typer.Context(command, info_name=words[0])
    while isinstance(command, TyperGroup) and rest:
        found = command.get_command(context, rest[0])
        if found is None:
            return f"`{command.name}` has no `{rest[0]}`"
        command, rest = found, rest[1:]
        context = typer.Context(command, parent=context, info_name=found.name)
    if not rest:
        return ""  # named, not called
    try:
        _, left, _ = command.make_parser(context).parse_args(list(rest))
    except Exception as error:  # noqa: BLE001 - click's, of any kind
        return str(error)
    return f"`{command.name}` does not take {left}" if left else ""


@DOCUMENTS
def test_every_command_named_can_be_typed(document: Path):
    refused = {
        " ".join(words): refusal
        for words in pages.commands(document)
        if (refusal := refusal_of(words))
    }

    assert refused == {}


@pytest.mark.parametrize(
    "typed",
    ["hup serve", "hub fly", "hub init --nmae x", "edge key new shop --scope check"],
)
def test_a_command_that_cannot_be_typed_is_found(typed: str):
    assert refusal_of(typed.split())


@DOCUMENTS
def test_every_file_linked_exists(document: Path):
    broken = [
        link
        for link in pages.links(document)
        if not (document.parent / link.partition("#")[0]).exists()
    ]

    assert broken == []


@DOCUMENTS
def test_every_setting_named_is_known(document: Path):
    for setting in pages.settings(document):
        if setting.startswith(PREFIX):
            from_environment({setting: "127.0.0.1:1" if "LISTEN" in setting else "1"})
        elif not setting.startswith("HANSE_TEST_"):
            assert setting in NAMES


def test_every_setting_is_explained_in_a_guide():
    guides = [
        pages.ROOT / "docs/guides/operator.md",
        pages.ROOT / "docs/guides/member.md",
    ]
    explained = set().union(*map(pages.settings, guides))

    assert set(NAMES) <= explained
    edges = {f"{PREFIX}{each}" for each in edge_settings()}
    assert edges <= explained


def edge_settings() -> set[str]:
    """As the refusal of an unknown one lists them."""
    with pytest.raises(Exception, match="There is no setting") as refused:
        from_environment({"HANSE_EDGE_NOTHING": "1"})
    listed = str(refused.value).partition("there are:")[2]
    return set(re.findall(r"HANSE_EDGE_([A-Z_]+)", listed))


def test_the_defaults_said_are_the_defaults():
    operator = (pages.ROOT / "docs/guides/operator.md").read_text("utf-8")
    settings = read_settings({"HOME": str(Path.home())})

    assert f"`{settings.host}:{settings.port}`" in operator
    assert settings.data == Path("~/.local/share/hanse").expanduser()
    member = (pages.ROOT / "docs/guides/member.md").read_text("utf-8")
    edge = EdgeSettings()
    assert edge.listen.url == "http://127.0.0.1:8441"
    assert "127.0.0.1:8441" in member
    assert f"({edge.most_new_blocks_per_hour:,})" in member


def test_the_scores_said_are_those_that_count():
    glossary = (pages.ROOT / "docs/glossary.md").read_text("utf-8")
    member = (pages.ROOT / "docs/guides/member.md").read_text("utf-8")

    assert f"refused from {ENFORCE_FROM}, watched from {WATCH_FROM}" in glossary
    assert f"One claim of {ENFORCE_FROM} or more is enforced" in member


def test_every_extra_to_install_exists():
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    named = {
        extra
        for document in pages.DOCUMENTS
        for extra in re.findall(r"hanse\[(\w+)\]", document.read_text("utf-8"))
    }

    assert named
    assert named <= extras.keys()


def test_every_make_target_named_exists():
    makefile = (pages.ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {
        target
        for document in pages.DOCUMENTS
        for target in re.findall(
            r"(?:^ *|`)make ([a-z]+)", document.read_text("utf-8"), re.MULTILINE
        )
    }

    assert {"demo", "test"} <= named
    assert named <= targets
