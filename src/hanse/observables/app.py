"""The name of an app: an Android package or an Apple bundle identifier.

Upper and lower case are kept, Android tells them apart. The signing
certificate is a value of its own, so that one certificate finds all its apps.
"""

import re
from typing import Final

from hanse.base.texts import N_
from hanse.observables.kinds import ObservableMalformed

MAX_APP: Final = 255

_ANDROID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*+(?:\.[A-Za-z][A-Za-z0-9_]*+)++")
_APPLE: Final = re.compile(r"[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++")


def app_name(text: str) -> str:
    """A package name or bundle identifier. Raises `ObservableMalformed`."""
    name = text.strip()
    if len(name) <= MAX_APP and (_ANDROID.fullmatch(name) or _APPLE.fullmatch(name)):
        return name
    raise ObservableMalformed(
        N_(
            "This is not the name of an app; expected an Android package or an Apple "
            "bundle identifier such as com.example.wallet, not the name on the screen."
        )
    )
