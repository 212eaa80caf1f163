"""What a person chooses beside a STIX bundle is never passed over."""

from dataclasses import replace

import pytest

from hanse.hub.screens.typed import Typed, refuse_choices_beside_a_bundle
from hanse.intel.claim import DraftUnfit

BUNDLE = Typed(body=b'{"type":"bundle"}', channel="bundle")


def test_a_bundle_as_it_is_may_be_sent() -> None:
    refuse_choices_beside_a_bundle(BUNDLE)


@pytest.mark.parametrize(
    "typed",
    [
        replace(BUNDLE, is_anonymous=True),
        replace(BUNDLE, circles=("6a6a7ae1-9b3d-4b8a-b2f0-3c3f8e8f4c11",)),
        replace(BUNDLE, tlp="amber"),
        replace(BUNDLE, tlp="red"),
    ],
)
def test_a_bundle_is_not_told_wider_than_was_chosen(typed: Typed) -> None:
    with pytest.raises(DraftUnfit):
        refuse_choices_beside_a_bundle(typed)
