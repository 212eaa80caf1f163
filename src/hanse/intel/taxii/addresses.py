"""Which resource of TAXII 2.1 a path names (the endpoints of sections 4 and 5).

Pure. A trailing slash may be there or not: the standard writes it, clients forget
it. API roots lie where the operator put them, so the roots there are have to be
named; nothing is said here about whether a collection or an object exists.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

DISCOVERY_PATH = "/taxii2/"


class Resource(Enum):
    """What can be asked for, with the methods that are allowed on it."""

    DISCOVERY = auto()  # 4.1
    ROOT = auto()  # 4.2
    STATUS = auto()  # 4.3
    COLLECTIONS = auto()  # 5.1
    COLLECTION = auto()  # 5.2
    MANIFEST = auto()  # 5.3
    OBJECTS = auto()  # 5.4, 5.5
    OBJECT = auto()  # 5.6, 5.7
    VERSIONS = auto()  # 5.8

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods this resource answers to."""
        extra = {Resource.OBJECTS: ("POST",), Resource.OBJECT: ("DELETE",)}
        return ("GET", "HEAD", *extra.get(self, ()))


@dataclass(frozen=True, slots=True)
class Address:
    """A resource and the names in its path, as the client wrote them."""

    resource: Resource
    root: str = ""
    collection: str = ""
    name: str = ""  # of the object or the status resource


def find(path: str, roots: Iterable[str]) -> Address | None:
    """What `path` names; None if it is not the path of a TAXII resource.

    Of two roots of which one lies within the other, the inner is meant.
    """
    if "\0" in path:
        return None  # no name has it, and PostgreSQL refuses to compare with it
    slashed = path if path.endswith("/") else f"{path}/"
    if slashed == DISCOVERY_PATH:
        return Address(Resource.DISCOVERY)
    for root in sorted(roots, key=len, reverse=True):
        if slashed.startswith(root):
            return _within(root, slashed[len(root) : -1])
    return None


def _within(root: str, rest: str) -> Address | None:
    match rest.split("/") if rest else []:
        case []:
            return Address(Resource.ROOT, root)
        case ["status", status]:
            return _named(Address(Resource.STATUS, root, name=status))
        case ["collections"]:
            return Address(Resource.COLLECTIONS, root)
        case ["collections", collection]:
            return _named(Address(Resource.COLLECTION, root, collection))
        case ["collections", collection, "manifest"]:
            return _named(Address(Resource.MANIFEST, root, collection))
        case ["collections", collection, "objects"]:
            return _named(Address(Resource.OBJECTS, root, collection))
        case ["collections", collection, "objects", name]:
            return _named(Address(Resource.OBJECT, root, collection, name))
        case ["collections", collection, "objects", name, "versions"]:
            return _named(Address(Resource.VERSIONS, root, collection, name))
    return None


def _named(address: Address) -> Address | None:
    """None when a name that has to be there is empty."""
    is_about_collection = address.resource is not Resource.STATUS
    has_name = address.resource in (
        Resource.STATUS,
        Resource.OBJECT,
        Resource.VERSIONS,
    )
    if is_about_collection and not address.collection:
        return None
    return None if has_name and not address.name else address
