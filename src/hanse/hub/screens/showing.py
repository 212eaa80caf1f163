"""Values as pages show them: defanged, so that no click and no paste does harm."""

from hanse.observables.defanging import defang
from hanse.observables.kinds import Observable


def defanged(observable: Observable) -> str:
    """The value, harmless to look at and to copy."""
    return defang(observable)
