"""From a question to an answer: which deed it asks for, and what its result is as HTTP.

No sockets, no threads: `rest` brings questions here and carries answers away. The
order of refusals follows section 3.6 and HTTP: what is not there (404), what cannot
be done with it (405), what the client would not understand (406), what it may not do
(403), what it sent (413, 415), what it asked (400, 422).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from hanse.base.clock import rfc3339
from hanse.base.errors import NotFound, Refusal, TooLarge, Unauthenticated
from hanse.feed.as_of_now import MOST_TRIES, unsettled
from hanse.intel.objects.filters import ViewOutdated
from hanse.intel.taxii import catalogue, media, reading, removing, resources
from hanse.intel.taxii.addresses import Address, Resource, find
from hanse.intel.taxii.asking import read_query
from hanse.intel.taxii.catalogue import Catalogue, Collection
from hanse.intel.taxii.contributing import (
    MAX_CONTENT_BYTES,
    Judged,
    Receipt,
    contribute,
)
from hanse.intel.taxii.reading import Asked, Page
from hanse.membership.caller import Caller
from hanse.membership.machines import keys
from hanse.storage.tx import Tx

Headers = tuple[tuple[str, str], ...]

_TITLES = {
    400: "The question cannot be understood",
    401: "Nobody known is asking",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Too slow",
    413: "Too large",
    415: "Media type not supported",
    422: "The contribution cannot be taken",
    500: "A fault of the hub",
    503: "Not available at the moment",
}
CHALLENGES: Headers = (
    ("www-authenticate", 'Bearer realm="hanse"'),
    ("www-authenticate", 'Basic realm="hanse", charset="UTF-8"'),
)


class NothingThere(NotFound):
    """The path is not that of a TAXII resource."""

    code = "taxii.nothing_there"


class MethodNotAllowed(Refusal):
    """The resource does not know this method."""

    code = "taxii.method_not_allowed"
    status = 405

    def __init__(self, address: Address) -> None:
        super().__init__("this resource knows other methods, which `Allow` names")
        self.allow = ", ".join(address.resource.methods)


class NotAcceptable(Refusal):
    """The client takes no TAXII 2.1 (3.1)."""

    code = "taxii.not_acceptable"
    status = 406


class WrongContentType(Refusal):
    """The body is not said to be plain TAXII 2.1 (3.1)."""

    code = "taxii.wrong_content_type"
    status = 415


class BodyTooLarge(TooLarge):
    """The body is longer than the API root's `max_content_length` (4.2.1)."""

    code = "taxii.body_too_large"


class LoginEnded(Unauthenticated):
    """The key was good when the request began and is not any more."""

    code = "taxii.login_ended"


@dataclass(frozen=True, slots=True)
class Question:
    """A request without its body."""

    method: str
    path: str
    caller: Caller
    query: bytes = b""
    accept: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    content_length: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; its content type is always TAXII."""

    status: int
    body: bytes
    headers: Headers = field(default=())


def answer(tx: Tx, question: Question, title: str) -> Answer:
    """Answer GET, HEAD and DELETE; `title` is the server's, for discovery.

    What a caller may see is asked again if it changes while the answer is found.

    Raises:
        Refusal: of any kind; `problem` makes an answer of it.
    """
    for _ in range(MOST_TRIES):
        try:
            return _answer(tx, question, title)
        except ViewOutdated:
            question = replace(question, caller=_again(tx, question.caller))
    raise unsettled()


def _answer(tx: Tx, question: Question, title: str) -> Answer:
    known = catalogue.remembered(tx, question.caller.epoch)
    address = _address(question, known)
    if question.method == "DELETE":
        return _delete(tx, question, known, address)
    match address.resource:
        case Resource.DISCOVERY:
            return Answer(200, _discovery(known, title))
        case Resource.ROOT:
            return Answer(200, _root(known, address))
        case Resource.STATUS:
            root, name = address.root, address.name
            return Answer(200, reading.status(tx, question.caller, root, name))
        case Resource.COLLECTIONS:
            return Answer(200, _collections(known, address, question.caller))
    collection = known.get(address.root, address.collection, question.caller)
    if address.resource is Resource.COLLECTION:
        return Answer(200, reading.collection_resource(collection).encode())
    # Rights before the query: who may not read learns nothing from its faults.
    collection.need_reading()
    asked = _asked(question, known, collection)
    match address.resource:
        case Resource.MANIFEST:
            return _paged(reading.manifest(tx, asked))
        case Resource.VERSIONS:
            return _paged(reading.versions(tx, asked, address.name))
        case Resource.OBJECT:
            return _paged(reading.one_object(tx, asked, address.name))
    return _paged(reading.objects(tx, asked))


def admit(tx: Tx, question: Question) -> Collection:
    """Whether a POST may go on and send its body: everything that can be said before.

    Raises:
        Refusal: as `answer`, and WrongContentType, BodyTooLarge, WritingRefused.
    """
    known = catalogue.remembered(tx, question.caller.epoch)
    address = _address(question, known)
    collection = known.get(address.root, address.collection, question.caller)
    collection.need_writing()
    if not media.is_taxii(question.content_type):
        raise WrongContentType(
            f"the body must be said to be {media.TAXII} (the version may be left out)"
        )
    if (question.content_encoding or "identity").strip().lower() != "identity":
        raise WrongContentType("compressed bodies are not taken; send it as it is")
    if (question.content_length or 0) > MAX_CONTENT_BYTES:
        raise too_large()
    return collection


def take(tx: Tx, question: Question, collection: Collection, judged: Judged) -> Receipt:
    """Keep what came with a POST; the receipt is the 202's body after the commit.

    Between the question and its body time passes, so the caller is asked again.

    Raises:
        Refusal: as `admit`, and LoginEnded.
    """
    caller = _again(tx, question.caller)
    known = catalogue.remembered(tx, caller.epoch)
    row = collection.row
    return contribute(tx, caller, known.get(row.root, str(row.id), caller), judged)


def _again(tx: Tx, caller: Caller) -> Caller:
    """The same caller as of now."""
    again = None if caller.key is None else keys.caller_of_key_id(tx, caller.key)
    if again is None:
        raise LoginEnded(
            "this key was revoked, has ended, or its member is suspended; ask your"
            " administrator for another"
        )
    return again


def problem(refusal: Refusal) -> Answer:
    """A refusal as a TAXII error (3.6.1)."""
    headers: Headers = ()
    if isinstance(refusal, MethodNotAllowed):
        headers = (("allow", refusal.allow),)
    elif refusal.status == 401:
        headers = CHALLENGES
    elif refusal.status == 503:
        headers = (("retry-after", "2"),)
    return failure(refusal.status, refusal.code, refusal.message, headers)


def failure(status: int, code: str, description: str, headers: Headers = ()) -> Answer:
    """A TAXII error (3.6.1) as an answer."""
    error = resources.Error(
        title=_TITLES.get(status, "Refused"),
        description=description,
        error_code=code,
        http_status=str(status),
    )
    return Answer(status, error.encode(), headers)


def too_large() -> BodyTooLarge:
    """The refusal of a body that is too long."""
    return BodyTooLarge(
        f"a body has at most {MAX_CONTENT_BYTES} bytes, as `max_content_length` of"
        " the API root says; send it in parts"
    )


def _address(question: Question, known: Catalogue) -> Address:
    address = find(question.path, known.paths)
    if address is None:
        raise NothingThere("there is no TAXII resource at this address; see /taxii2/")
    if question.method not in address.resource.methods:
        raise MethodNotAllowed(address)
    if not media.accepts(question.accept):
        raise NotAcceptable(f"this server answers in {media.TAXII} and nothing else")
    return address


def _discovery(known: Catalogue, title: str) -> bytes:
    paths = known.paths
    return resources.Discovery(
        title=title, api_roots=paths, default=paths[0] if paths else None
    ).encode()


def _root(known: Catalogue, address: Address) -> bytes:
    root = known.get_root(address.root)
    return resources.ApiRoot(
        title=root.title,
        description=root.description,
        max_content_length=MAX_CONTENT_BYTES,
    ).encode()


def _collections(known: Catalogue, address: Address, caller: Caller) -> bytes:
    return resources.Collections(
        collections=[
            reading.collection_resource(collection)
            for collection in known.of_root(address.root, caller)
        ]
    ).encode()


def _asked(question: Question, known: Catalogue, collection: Collection) -> Asked:
    return Asked(
        question.caller,
        collection,
        read_query(question.query),
        most=known.get_root(collection.row.root).max_page_size,
    )


def _paged(page: Page) -> Answer:
    """With the headers of section 3.2, if anything was found."""
    if page.first is None or page.last is None:
        return Answer(200, page.body)
    dates = (_dated("first", page.first), _dated("last", page.last))
    return Answer(200, page.body, dates)


def _dated(which: str, added: datetime) -> tuple[str, str]:
    return f"x-taxii-date-added-{which}", rfc3339(added)


def _delete(tx: Tx, question: Question, known: Catalogue, address: Address) -> Answer:
    caller = question.caller
    collection = known.get(address.root, address.collection, caller)
    collection.need_writing()
    asked = _asked(question, known, collection)
    removing.remove(tx, asked, address.name, known.writable_pots(caller))
    return Answer(200, b"{}")
