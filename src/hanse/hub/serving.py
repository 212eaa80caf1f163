"""Runs the hub's workers under Granian until the process is told to stop.

Workers are handed what they need by the environment, so that one started later, in
place of one that died, is like the others. They are asked to end first, streams
included; one that does not within `STOP_SECONDS` is killed. That harms nothing: what
was acknowledged is committed.

Granian gives up when a worker ends within seconds of being started in place of
another. Somebody may have killed the same one twice, so it is begun anew, but not for
ever: a hub that cannot run must say so by ending.
"""

import os
import socket
import sys
import time
from collections.abc import Callable

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from hanse.base.errors import Refusal
from hanse.hub.settings import Settings
from hanse.storage.migrate import migrate
from hanse.storage.waiting import await_database

STOP_SECONDS = 10
# As long as workers may take that outlive a hub which was killed.
PORT_PATIENCE_SECONDS = 10.0
MOST_BEGINNINGS = 5
WITHIN_SECONDS = 60.0


class PortTaken(Refusal):
    """Something else listens where the hub should."""

    code = "hub.port_taken"


def await_free_port(settings: Settings) -> None:
    """Return once nothing else listens there; raises PortTaken.

    Granian shares its port (SO_REUSEPORT): a second server on it would not fail but
    take half of the requests.
    """
    patient_until = time.monotonic() + PORT_PATIENCE_SECONDS
    while (problem := _port_problem(settings)) is not None:
        if time.monotonic() > patient_until:
            raise PortTaken(
                f"nothing can listen on {settings.host}:{settings.port} ({problem});"
                " stop what listens there, or name another address in HANSE_LISTEN"
            )
        time.sleep(0.2)


def _port_problem(settings: Settings) -> str | None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return error.strerror
    return None


def serve_until_told(settings: Settings, url: str, say: Callable[[str], None]) -> None:
    """Migrate the database at `url`, serve, return when SIGTERM or SIGINT came.

    `say` hears of it if the database has to be waited for.

    Raises:
        DatabaseAway: PostgreSQL let nobody in for a minute.
    """
    await_database(url, say)
    migrate(url)
    os.environ["HANSE_DATABASE_URL"] = url
    begun: list[float] = []
    while True:
        now = time.monotonic()
        begun = [each for each in begun if now - each < WITHIN_SECONDS] + [now]
        if _serve(settings):
            return
        if len(begun) >= MOST_BEGINNINGS:
            sys.exit("hanse: the hub's workers end as soon as they are started")
        await_database(url, say)  # where it is away, workers end


def _serve(settings: Settings) -> bool:
    """Whether it was told to stop; False when its workers would not stay."""
    server = Granian(
        "hanse.hub.worker:worker",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        websockets=False,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        respawn_failed_workers=True,
        respawn_interval=1.0,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.warning,
        log_dictconfig=_QUIET,
    )
    try:
        server.serve()
    except SystemExit:
        return bool(server.interrupt_signal)
    return True


# Granian's own messages only when something is wrong, and nothing per request: an
# address may hold what a member looked for.
_QUIET = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "loggers": {
        "_granian": {"level": "WARNING", "handlers": ["console"], "propagate": False},
        "granian.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}
