"""Generated requests against the OpenAPI document (Schemathesis) find nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hanse.hub import folder
from hanse.membership.rights import Role, Scope
from hanse.storage.tx import Database
from tests.server.hub.process import init, serving
from tests.server.membership.alliance import Alliance

CONFIG = Path(__file__).with_name("schemathesis.toml")
STREAMS = "stream|export"  # answers without an end, and of any size
EXAMPLES = "2"  # each operation; the coverage phase adds hundreds of its own


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("role", [Role.MEMBER, Role.OPERATOR])
def test_requests_made_from_the_document_break_nothing(
    environment: dict[str, str], database_url: str, tmp_path: Path, role: Role
):
    init(environment)
    keys = folder.read(Path(environment["HANSE_DATA"]))
    database = Database.open(database_url, keys.signer, keys.secret, max_connections=2)
    alliance = Alliance(database)
    if role is Role.OPERATOR:
        key = alliance.key(None, Scope.ADMIN, Scope.READ, role=role).text
    else:
        key = alliance.key(alliance.member(), *Scope).text
    database.close()

    with serving(environment) as (_, address):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG),
                *("run", f"{address}/openapi.json", "--warnings", "off"),
                *("--header", f"Authorization: Bearer {key}", "--seed", "1"),
                *("--exclude-path-regex", STREAMS, "--max-examples", EXAMPLES),
                *("--phases", "coverage,fuzzing,stateful", "--continue-on-failure"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout[-20_000:]
    assert re.search(r"[1-9]\d\d+ generated, [1-9]\d\d+ passed", done.stdout)
