"""Objects of STIX 2.0, and bundles."""

import pytest

from hanse.intel.stix.validate import check_object
from tests.unit.intel.stix.samples import DROP, ref, sample


def pointers(value: object) -> list[str]:
    return [fault.pointer for fault in check_object(value)]


class TestStix20:
    def test_an_object_without_spec_version_is_checked_as_far_as_it_is_stored(self):
        value = sample("malware", spec_version=DROP, is_family=DROP, name=5)
        assert check_object(value) == []

    def test_its_times_identifiers_and_markings_are_checked(self):
        value = sample(
            "malware",
            spec_version=DROP,
            created="now",
            created_by_ref="me",
            object_marking_refs=["red"],
        )
        assert pointers(value) == [
            "/created",
            "/created_by_ref",
            "/object_marking_refs/0",
        ]

    def test_it_needs_both_times(self):
        value = sample("malware", spec_version=DROP, modified=DROP)
        assert pointers(value) == ["/modified"]

    def test_a_marking_definition_has_only_one(self):
        value = sample("marking-definition", spec_version=DROP)
        assert check_object(value) == []

    @pytest.mark.parametrize("kind", ["note", "grouping", "language-content"])
    def test_types_that_came_with_2_1_need_their_spec_version(self, kind: str):
        assert pointers(sample(kind, spec_version=DROP)) == ["/spec_version"]

    def test_observables_need_none(self):
        assert check_object(sample("url", spec_version=DROP)) == []


class TestBundles:
    def test_a_bundle_is_checked_object_by_object(self):
        value = {
            "type": "bundle",
            "id": ref("bundle"),
            "objects": [sample("url"), sample("tool", name=DROP), 7],
        }
        assert pointers(value) == ["/objects/1/name", "/objects/2"]

    def test_a_bundle_may_be_without_objects_but_not_with_none(self):
        assert check_object({"type": "bundle", "id": ref("bundle")}) == []
        value = {"type": "bundle", "id": ref("bundle"), "objects": []}
        assert pointers(value) == ["/objects"]

    def test_a_bundle_has_an_identifier_of_its_own(self):
        assert pointers({"type": "bundle", "id": ref("tool")}) == ["/id"]

    def test_a_bundle_in_a_bundle_is_not_an_object(self):
        inner = {"type": "bundle", "id": ref("bundle")}
        assert pointers({**inner, "objects": [inner]}) == ["/objects/0/type"]
