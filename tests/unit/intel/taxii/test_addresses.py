"""Which resource a path names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.taxii.addresses import Address, Resource, find

ROOTS = ["/taxii/alliance/", "/bench/", "/taxii/"]
WHERE = "/taxii/alliance/"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/taxii2/", Address(Resource.DISCOVERY)),
        ("/bench/", Address(Resource.ROOT, "/bench/")),
        (f"{WHERE}status/s/", Address(Resource.STATUS, WHERE, name="s")),
        (f"{WHERE}collections/", Address(Resource.COLLECTIONS, WHERE)),
        (f"{WHERE}collections/c/", Address(Resource.COLLECTION, WHERE, "c")),
        (f"{WHERE}collections/c/manifest/", Address(Resource.MANIFEST, WHERE, "c")),
        (f"{WHERE}collections/c/objects/", Address(Resource.OBJECTS, WHERE, "c")),
        (f"{WHERE}collections/c/objects/o/", Address(Resource.OBJECT, WHERE, "c", "o")),
        (
            f"{WHERE}collections/c/objects/o/versions/",
            Address(Resource.VERSIONS, WHERE, "c", "o"),
        ),
    ],
)
def test_a_resource_is_found_with_and_without_its_last_slash(path, address):
    assert find(path, ROOTS) == address
    assert find(path[:-1], ROOTS) == address


def test_of_nested_roots_the_inner_is_meant():
    assert find("/taxii/alliance/collections/", ROOTS) == Address(
        Resource.COLLECTIONS, "/taxii/alliance/"
    )
    assert find("/taxii/collections/", ROOTS) == Address(
        Resource.COLLECTIONS, "/taxii/"
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nowhere/",
        "/benches/",
        "/bench/collections//objects/",
        "/bench/collections/c/objects//",
        "/bench/status/",
        "/bench/status//",
        "/bench/collections/c/objects/o/versions/x/",
        "/bench/collections/c/other/",
        "/taxii2/collections/",
    ],
)
def test_any_other_path_is_nothing(path):
    assert find(path, ROOTS) is None


def test_only_lists_of_objects_take_post_and_only_objects_delete():
    takes = {r: set(r.methods) - {"GET", "HEAD"} for r in Resource}
    assert {r: m for r, m in takes.items() if m} == {
        Resource.OBJECTS: {"POST"},
        Resource.OBJECT: {"DELETE"},
    }


@given(st.text(max_size=80))
def test_no_path_whatsoever_breaks_the_search(path):
    found = find(f"/bench/{path}", ROOTS)
    assert found is None or found.root == "/bench/"
