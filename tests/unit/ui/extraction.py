"""Every text of the product, found where it is written.

`python -m tests.unit.ui.extraction` prints the texts that have no Chinese yet, in
the form of a catalogue, ready to be put into a `.po` file and translated.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract
from jinja2 import Environment
from jinja2.ext import babel_extract
from jinja2.lexer import TOKEN_DATA, Lexer

from hanse.ui.i18n import Language, catalogue

PACKAGE = Path(__file__).parents[3] / "src" / "hanse"

# `_ = tongue; _("...")`, `tongue.many("one", "other", n)`, `desk.say("...")`, `N_`.
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "many": (1, 2),
    "say": None,
}


# What is the same in every language: the product, keys, names of languages.
NAMES = {"Hanse", "TLP", "Enter", "Esc", "English", "中文"}


@dataclass(frozen=True, slots=True)
class Text:
    """A message (or its singular and plural) and where it stands."""

    path: Path
    line: int
    message: str
    plural: str = ""


def texts() -> list[Text]:
    """All of them, in templates and in code."""
    return [*_in_templates(), *_in_code()]


def _in_templates() -> Iterator[Text]:
    for path in templates():
        with path.open("rb") as file:
            options = {"trim_blocks": "true", "lstrip_blocks": "true"}
            options["extensions"] = "jinja2.ext.do"
            found = babel_extract(file, list(KEYWORDS), [], options)
            for line, _, message, _ in found:
                yield _text(path, line, message)


def _in_code() -> Iterator[Text]:
    for path in sorted(PACKAGE.rglob("*.py")):
        with path.open("rb") as file:
            for line, message, _, _ in extract("python", file, KEYWORDS):
                yield _text(path, line, message)


def _text(path: Path, line: int, message: object) -> Text:
    if isinstance(message, tuple):
        said = [part for part in message if isinstance(part, str)]
        return Text(path, line, said[0], said[1] if len(said) > 1 else "")
    return Text(path, line, str(message))


def templates() -> list[Path]:
    """All templates of all rooms."""
    return sorted(PACKAGE.rglob("templates/**/*.html"))


def untranslated() -> list[Text]:
    """Texts without Chinese, each once."""
    known = catalogue(Language.CHINESE)
    missing: dict[str, Text] = {}
    for text in texts():
        entry = known.get(text.message)
        if entry is None or not _is_said(entry.string) or entry.fuzzy:
            missing.setdefault(text.message, text)
    return list(missing.values())


def _is_said(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


def bare_texts(path: Path) -> list[str]:
    """Words a template shows without `_()`: between tags, or in spoken attributes."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.do"])
    lexer = Lexer(environment)
    source = path.read_text()
    html = "".join(
        value if token == TOKEN_DATA else "\0"
        for _, token, value in lexer.tokeniter(source, str(path))
        if token == TOKEN_DATA or token.endswith("_begin")
    )
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", "", html, flags=re.DOTALL)
    spoken = re.findall(r'(?:placeholder|title|aria-label|alt|summary)="([^"]*)"', html)
    between = re.sub(r"<[^<>]*>", "\n", html).splitlines()
    return [
        words
        for words in (part.strip(" \0\n\t") for part in [*between, *spoken])
        if re.search(r"[^\W\d_]{2,}", words)
        and '="' not in words  # attributes that a macro writes into a tag
        and re.sub(r"[\W\d_]", "", words) not in NAMES
    ]


def entry_of(text: Text) -> str:
    """The text as it stands in a catalogue, its Chinese still to be written."""
    escape = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n"})
    lines = ["", f"#: {text.path.relative_to(PACKAGE)}"]
    if "%(" in text.message:
        lines.append("#, python-format")
    lines.append(f'msgid "{text.message.translate(escape)}"')
    if text.plural:
        lines.append(f'msgid_plural "{text.plural.translate(escape)}"')
    lines.append('msgstr[0] ""' if text.plural else 'msgstr ""')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.writelines(entry_of(text) for text in untranslated())
