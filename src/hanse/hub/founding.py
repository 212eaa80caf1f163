"""Setting up a hub: its folder, its database, its alliance, its first operator.

Every step may be repeated: what is there already is kept. The first operator comes in
by a link like everybody else, printed once on the terminal of who set the hub up.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hanse.audit.checkpoint import Signer
from hanse.hub import folder
from hanse.hub.folder import Keys
from hanse.hub.settings import Settings
from hanse.intel.taxii import arranging
from hanse.membership import alliance, invitations
from hanse.membership.caller import the_hub
from hanse.membership.rights import Role
from hanse.storage.migrate import migrate
from hanse.storage.server import EmbeddedServer
from hanse.storage.tx import Database, Tx

DATABASE = "hanse"
JOIN_PATH = "/join/"


@dataclass(frozen=True, slots=True)
class Names:
    """What an alliance is called. `origin` names its log, as in hub.example/log."""

    en: str
    zh: str
    origin: str


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Where the database is; the embedded one runs as long as the block does."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedServer.start(settings.data / folder.POSTGRES_FOLDER) as server:
        yield server.create_database(DATABASE)


@contextmanager
def opened(settings: Settings, keys: Keys) -> Iterator[Database]:
    """The database of a hub, brought to the newest schema."""
    with database_url(settings) as url:
        migrate(url)
        database = Database.open(url, keys.signer, keys.secret, max_connections=2)
        try:
            yield database
        finally:
            database.close()


def make_keys(settings: Settings, origin: str) -> Keys:
    """The folder's keys, made if there are none."""
    return folder.make(
        settings.data, origin, secrets.token_bytes(32), secrets.token_bytes(32)
    )


def found(tx: Tx, names: Names) -> None:
    """The alliance, its first agreement and its TAXII root."""
    caller = the_hub("hanse hub init")
    alliance.found(
        tx, caller, name_en=names.en, name_zh=names.zh, origin=tx.tool(Signer).name
    )
    arranging.make_alliance_root(tx, caller, names.en)


def operator_link(tx: Tx, settings: Settings, label: str) -> str:
    """A link with which somebody becomes an operator; good once, for 72 hours."""
    invited = invitations.invite_person(tx, the_hub(label), Role.OPERATOR)
    return join_link(settings, invited.secret)


def join_link(settings: Settings, secret: str) -> str:
    """The address an invitation's secret is handed out as."""
    return f"{settings.public_url}{JOIN_PATH}{secret}"
