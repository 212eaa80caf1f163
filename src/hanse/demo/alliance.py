"""The demo's alliance: five invented companies of different sectors.

No such companies exist; names, domains and threats are made up, and all addresses
lie under reserved names (RFC 2606), so that nothing real is ever accused.
"""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from hanse.base.ids import MemberId
from hanse.demo.members import Settled, acting_as, enter, settle
from hanse.hub import admitting
from hanse.hub.founding import Names
from hanse.membership import brands
from hanse.membership.admission import Profile
from hanse.membership.brands import Draft as BrandDraft
from hanse.membership.caller import Caller, the_hub
from hanse.membership.invitations import Joining
from hanse.membership.machines import edges, issuing
from hanse.membership.machines.issuing import Order
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Database, Tx

NAMES = Names("Harbour Alliance", "海港联盟", "demo.hanse.example/log")


@dataclass(frozen=True, slots=True)
class Company:
    """An invented member. `slug` names it in addresses and log-ins."""

    slug: str
    name_en: str
    name_zh: str
    sector: str
    customers: int
    domain: str


COMPANIES = (
    Company("lotus", "Lotus Lane", "莲巷商城", "shop", 4_200_000, "lotus-lane.example"),
    Company("teal", "Teal Pay", "青鸭支付", "payment", 9_800_000, "tealpay.example"),
    Company(
        "crane", "Crane Post", "鹤邮速递", "parcel", 6_100_000, "cranepost.example"
    ),
    Company("wisp", "Wisp Wifi", "萤火无线", "wifi", 2_300_000, "wisp-wifi.example"),
    Company(
        "plum", "Plum Travel", "梅雨旅行", "travel", 1_500_000, "plumtravel.example"
    ),
)
CIRCLE = ("Payment fraud", "支付欺诈", ("lotus", "teal"))


@dataclass(frozen=True, slots=True)
class LogIn:
    """An account of the demo, printed for the viewer."""

    who: str
    email: str
    password: str = field(repr=False)


@dataclass(slots=True)
class Cast:
    """Who plays: members, their keys and edge codes, accounts, the circle."""

    members: dict[str, MemberId] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    brands: dict[str, UUID] = field(default_factory=dict)
    log_ins: list[LogIn] = field(default_factory=list)
    operator_key: str = ""
    circle: UUID | None = None

    def furnish(self, database: Database, url: str) -> None:
        """Bring everyone in before the hub serves."""
        hub = the_hub("hanse demo")
        with database.begin() as tx:
            for company in COMPANIES:
                self._bring_in(tx, hub, company, url)
            self._open_circle(tx, hub)
            self._alliance_people(tx, hub)

    def _bring_in(self, tx: Tx, hub: Caller, company: Company, url: str) -> None:
        profile = Profile(
            company.name_en, company.name_zh, company.sector, company.customers
        )
        settled = settle(tx, hub, profile, self._joining(company.name_en, company.slug))
        admin = acting_as(tx, settled.admin)
        self.members[company.slug] = settled.member
        self.brands[company.slug] = _brand(tx, admin, settled, company)
        order = Order(
            f"{company.slug} reporting",
            frozenset({Scope.REPORT, Scope.READ, Scope.SIGHTINGS}),
            settled.member,
        )
        self.keys[company.slug] = issuing.issue(tx, admin, order).text
        code = edges.make_code(tx, admin, settled.member, f"{company.slug}-edge", url)
        self.codes[company.slug] = code.text

    def _open_circle(self, tx: Tx, hub: Caller) -> None:
        name_en, name_zh, slugs = CIRCLE
        self.circle = admitting.open_circle(
            tx,
            hub,
            name_en=name_en,
            name_zh=name_zh,
            purpose="Accounts and cards abused at the till",
            members=[self.members[slug] for slug in slugs],
        ).id

    def _alliance_people(self, tx: Tx, hub: Caller) -> None:
        enter(tx, hub, Role.OPERATOR, self._joining("Operator", "operator"))
        office = "Office for Fair Trade Online"
        joining = self._joining("Overseer", "overseer")
        enter(tx, hub, Role.OVERSEER, joining, organisation=office)
        order = Order(
            "demo operator",
            frozenset({Scope.READ, Scope.ADMIN}),
            None,
            role=Role.OPERATOR,
        )
        self.operator_key = issuing.issue(tx, hub, order).text

    def _joining(self, name: str, slug: str) -> Joining:
        email = f"{slug}@harbour.example"
        password = f"harbour-demo-{secrets.token_hex(3)}"
        self.log_ins.append(LogIn(name, email, password))
        return Joining(name, email, password)


def _brand(tx: Tx, admin: Caller, settled: Settled, company: Company) -> UUID:
    draft = BrandDraft(
        name_en=company.name_en,
        name_zh=company.name_zh,
        domains=[company.domain],
        patterns=[f"*{company.slug}*"],
    )
    return brands.add(tx, admin, settled.member, draft).id
