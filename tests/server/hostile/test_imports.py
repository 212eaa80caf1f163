"""A million rows, and rows made to hurt: bounded memory, and imports go on after."""

import subprocess
import sys
from collections import deque

import pytest

from hanse.intel.importing import deeds
from hanse.intel.importing.deeds import read
from tests.server.hostile.conftest import Client, Unharmed
from tests.server.membership.alliance import Alliance

CSV = {"content-type": "text/csv"}
MOST_GROWTH_MB = 450

# In a process of its own, so that only this is measured.
READ_A_MILLION = """
import resource
from hanse.intel.importing.deeds import read

def rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3

head = b"value,note\\n"
row = b"http://n%d.example/login,said %d\\n"
text = head + b"".join(row % (n, n) for n in range(10**6))
before = rss()
taken = sum(1 for row in read(text, "csv") if not row.problem)
print(taken, rss() - before)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_million_rows_are_read_in_bounded_memory():
    done = subprocess.run(
        [sys.executable, "-c", READ_A_MILLION],
        capture_output=True,
        text=True,
        check=True,
    )

    taken, growth = done.stdout.split()
    assert int(taken) == 1_000_000
    assert float(growth) < MOST_GROWTH_MB


HOSTILE_ROWS = [
    b"value,note\nhttp://a.example/,a\x00b\n",
    b"value,note\nhttp://a\x00.example/,x\n",
    b"\xff\xfeh\x00t\x00t\x00p\x00",
    b'value\n"http://a.example/\n' * 5_000,
    b"value" + b"," * 100_000 + b"\nhttp://a.example/\n",
    b"value\n" + b"A" * 5_000_000 + b"\n",
    b'value\n"' + b"\n" * 1_000_000,
    b"value,confidence\nhttp://a.example/,1e999\nhttp://b.example/,\xd9\xa3\n",
    b"value,valid_until\nhttp://a.example/,9999-12-31T23:59:59-23:59\n",
    b"value,valid_until\nhttp://a.example/,0001-01-01T00:00:00+23:59\n",
    b"value,tlp,category\nhttp://a.example/,purple,=cmd()\n",
    b"value,value,value\n1,2,3\n",
    b"\n" * 100_000,
    b"",
    b"value\n\xed\xa0\x80\n\xf5\x80\x80\x80\n",
]


@pytest.mark.timeout(600)
def test_no_hostile_file_fails_or_keeps_the_next_import_from_being_done(
    member: Client, alliance: Alliance, unharmed: Unharmed
):
    found = []
    for body in HOSTILE_ROWS:
        for form in ("text/csv", "text/plain"):
            handed = member.post(
                "/v1/imports", content=body, headers={"content-type": form}
            )
            if handed.status_code >= 500:
                found.append((body[:40], form, handed.status_code))
            while deeds.work_off_one(alliance.database):
                pass
            if handed.status_code == 202:
                now = member.get(f"/v1/imports/{handed.json()['id']}").json()
                if now["state"] not in ("done", "stopped"):
                    found.append((body[:40], form, now["state"]))

    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_more_rows_than_an_import_may_hold_are_named(
    member: Client, alliance: Alliance, unharmed: Unharmed
):
    body = b"value\n" + b"x\n" * 1_000_100

    handed = member.post("/v1/imports", content=body, headers=CSV)

    assert handed.status_code == 202, handed.text
    (last,) = deque(read(body, "csv"), maxlen=1)
    assert last.number < 1_000_100
    assert "at most" in (last.problem or "")
