"""What happens in the demo, as a list of scenes.

A scene is one deed by one member over the hub's REST, and what each edge must answer
afterwards. Pure data: `playing` carries it out and measures.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

EVERYONE = ("lotus", "teal", "crane", "wisp", "plum")
_HASH = "3f5c0b1e9a7d4c2288e1d06b5f4a93c7d2e8b1a06f9c3d5e7081b2a4c6d8e0f1"
_CERTIFICATE = "9d2f1c7ab04e5d6378f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"


class Deed(StrEnum):
    """What a scene begins with."""

    REPORT = "report"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One deed and its consequence.

    `value` is what edges are asked about, `kind` its kind; `verdict` what the edges
    named in `at` must answer, while all others must go on answering `otherwise`.
    """

    title: str
    by: str
    deed: Deed = Deed.REPORT
    kind: str
    value: str
    pasted: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    in_circle: bool = False
    imitates: str = ""
    verdict: str = "block"
    at: tuple[str, ...] = EVERYONE
    otherwise: str = "allow"


PARCEL_PAGE = "http://cranepost-redelivery.example/pay"
SHARED_DOUBT = "http://plum-vouchers.example/win"
CIRCLE_PAGE = "http://till-update.example/teal/confirm"

SCENES = (
    Scene(
        title="Crane Post reports a page that imitates it, pasted defanged",
        by="crane",
        kind="url",
        value=PARCEL_PAGE,
        pasted="hxxp://cranepost-redelivery[.]example/pay",
        said={
            "category": "phishing",
            "confidence": 90,
            "note": "asks for the card to release a parcel 冒充快递的钓鱼页面",
        },
        imitates="crane",
    ),
    Scene(
        title="Teal Pay reports the hash of a trojan",
        by="teal",
        kind="hash",
        value=_HASH,
        said={"category": "malware", "confidence": 95},
    ),
    Scene(
        title="Lotus Lane reports the certificate a fake app is signed with",
        by="lotus",
        kind="certificate",
        value=_CERTIFICATE,
        said={"category": "fake-app", "confidence": 85},
        imitates="lotus",
    ),
    Scene(
        title="A member reports a domain anonymously",
        by="wisp",
        kind="domain",
        value="free-airport-wifi.example",
        said={"category": "hotspot", "confidence": 80, "anonymous": True},
    ),
    Scene(
        title="Teal Pay warns the payment circle only",
        by="teal",
        kind="url",
        value=CIRCLE_PAGE,
        said={"category": "phishing", "confidence": 90, "tlp": "amber"},
        in_circle=True,
        at=("lotus", "teal"),
    ),
    Scene(
        title="Plum Travel is not sure: edges watch, nothing is refused",
        by="plum",
        kind="url",
        value=SHARED_DOUBT,
        said={"category": "scam", "confidence": 45},
        verdict="watch",
    ),
    Scene(
        title="Wisp Wifi is of the same opinion: together that is enough",
        by="wisp",
        kind="url",
        value=SHARED_DOUBT,
        said={"category": "scam", "confidence": 45},
    ),
    Scene(
        title="Crane Post withdraws its report: the page was taken down",
        by="crane",
        deed=Deed.WITHDRAW,
        kind="url",
        value=PARCEL_PAGE,
        verdict="allow",
    ),
)
