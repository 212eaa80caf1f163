"""How the screens read forms and put what was refused back beside its field."""

from typing import Annotated
from uuid import UUID

from litestar.enums import RequestEncodingType
from litestar.params import Body

from hanse.base.errors import Malformed, Refusal
from hanse.hub.screens.refusals import sentence

MAX_TEXT = 10_000

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


def errors_of(refusal: Refusal, first: str) -> dict[str, str]:
    """The refusal beside the field it points at; else beside the `first` one."""
    pointed = (refusal.pointer or "").strip("/").partition("/")[0]
    return {pointed or first: sentence(refusal)}


def lines(text: str) -> list[str]:
    """What stands in the lines of a text, empty ones left out."""
    found = [line.strip() for line in text[:MAX_TEXT].splitlines()]
    return [line for line in found if line]


def id_of(text: str, field: str) -> UUID:
    """An id chosen from a list; raises `Malformed` at `field`."""
    try:
        return UUID(text)
    except ValueError:
        raise Malformed("choose one of those offered", pointer=f"/{field}") from None
