"""Builders: an alliance with members, people and keys, by the deeds themselves."""

from dataclasses import dataclass
from datetime import datetime

import pyotp

from hanse.base.ids import MemberId
from hanse.hub import entering, founding
from hanse.hub.founding import Names
from hanse.membership import admission, invitations
from hanse.membership.admission import Profile
from hanse.membership.caller import Caller, the_hub
from hanse.membership.invitations import Joining
from hanse.membership.login import sessions
from hanse.membership.login.sessions import Entered, Stage
from hanse.membership.machines import issuing
from hanse.membership.machines.issuing import Issued, Order
from hanse.membership.person import Person
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Database
from hanse.ui.session import SessionToken

PASSWORD = "lantern over quiet water"
HUB = the_hub("test")


@dataclass
class Alliance:
    """An alliance in a database of its own."""

    database: Database

    @classmethod
    def founded(cls, database: Database) -> "Alliance":
        with database.begin() as tx:
            founding.found(tx, Names("Lotus Alliance", "莲花联盟", "unused"))
        return cls(database)

    def member(self, name: str = "Lotus Pay") -> MemberId:
        """An active member, whose admin has signed."""
        with self.database.begin() as tx:
            profile = Profile(name, f"{name}（中）", "payments", 1_000_000)
            member = admission.apply(tx, HUB, profile).id
        with self.database.begin() as tx:
            admission.approve(tx, HUB, member)
        self.signed(member)
        return member

    def signed(self, member: MemberId) -> None:
        admin = self.person(Role.MEMBER_ADMIN, member)
        caller = self.caller(admin)
        with self.database.begin() as tx:
            admission.sign_agreement(tx, caller, member, "1")

    def person(
        self, role: Role, member: MemberId | None = None, email: str = ""
    ) -> Person:
        """Somebody who followed an invitation."""
        organisation = "Authority of Examples" if role is Role.OVERSEER else ""
        with self.database.begin() as tx:
            invited = invitations.invite_person(
                tx, HUB, role, member=member, organisation=organisation
            )
        email = email or f"p{invited.invitation.id.hex[:8]}@company.example"
        with self.database.begin() as tx:
            joining = Joining("Lin Example", email, PASSWORD)
            return invitations.join(tx, invited.secret, joining)

    def entered(self, person: Person) -> Entered:
        """A complete log-in, with a second factor where one is due."""
        entered = entering.log_in(
            self.database,
            person.email,
            PASSWORD,
            "192.0.2.1",
            is_second_factor_required=True,
        )
        if entered.stage is Stage.SETUP_DUE:
            with self.database.read() as tx:
                shared = sessions.set_up(tx, entered.token, "test").secret
            code = pyotp.TOTP(shared).now()
            entered = entering.confirm_set_up(self.database, entered.token, code)
        return entered

    def token(self, person: Person) -> SessionToken:
        """A complete session, as if the log-in had been gone through."""
        with self.database.begin() as tx:
            return sessions.begin(tx, person, is_second_factor_required=False).token

    def caller(self, person: Person) -> Caller:
        return self.caller_of(self.token(person))

    def caller_of(self, token: SessionToken) -> Caller:
        with self.database.read() as tx:
            caller = sessions.caller_of_session(tx, token.digest)
        assert caller is not None
        return caller

    def key(
        self,
        member: MemberId | None,
        *scopes: Scope,
        role: Role = Role.MEMBER,
        expires_at: datetime | None = None,
    ) -> Issued:
        with self.database.begin() as tx:
            order = Order("siem", frozenset(scopes), member, role, expires_at)
            return issuing.issue(tx, HUB, order)
