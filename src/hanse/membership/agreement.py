"""The agreement every member signs, in versions, in English and Chinese.

A new version does not put anybody out: members stay active under the one they signed
and are asked to sign the new one. The text that comes with Hanse is a short one to
begin with; an association publishes its own.
"""

from dataclasses import dataclass
from datetime import datetime

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.errors import Conflict
from hanse.membership import store, wording
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx

MAX_CHARS = 100_000


class AgreementConflict(Conflict):
    """The version is taken, or is not the one to be signed."""

    code = "membership.agreement_conflict"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of it."""

    version: str
    text_en: str
    text_zh: str
    published_at: datetime


FIRST_VERSION = "1"
FIRST_TEXT_EN = """\
1. We share what helps to defend our customers: attackers' addresses, files and
   methods. We never share who our customers are.
2. What others share with us we use for defence only, and pass on no further than its
   TLP marking and its circles allow.
3. We report what we believe to be true, say how sure we are, and withdraw what turns
   out to be wrong without delay.
4. We keep keys and accounts to ourselves, and tell the operator at once when one may
   be in other hands.
5. What is done in the alliance stands in a log that the overseers read. The operator
   may suspend a member that breaks this agreement, and says why.
"""
FIRST_TEXT_ZH = """\
一、我们共享有助于保护客户的信息：攻击者的地址、文件与手法；绝不共享我们的客户是谁。
二、其他成员共享的信息仅用于防御，转发范围不超出其 TLP 标记与所属圈子的许可。
三、我们只举报我们认为属实的内容，说明把握程度；发现有误，立即撤回。
四、密钥与账号由我们自己妥善保管；一旦可能落入他人之手，立即告知运营方。
五、联盟内的一切操作均记入日志，监督方可随时查阅。成员违反本协议的，运营方可以中止其资格，
    并说明理由。
"""


def publish(
    tx: Tx, caller: Caller, version: str, text_en: str, text_zh: str
) -> Agreement:
    """A new version, to be signed from now on. The operator's."""
    caller.need_operator()
    made = Agreement(
        wording.name(version, "version", max_chars=40),
        wording.note(text_en, "text_en", max_chars=MAX_CHARS),
        wording.note(text_zh, "text_zh", max_chars=MAX_CHARS),
        tx.now,
    )
    if not store.insert_agreement(
        tx, made.version, made.text_en, made.text_zh, made.published_at
    ):
        raise AgreementConflict(
            "this version has been published before; give the new text a new version",
            pointer="/version",
        )
    subject = f"agreement:{made.version}"
    log.append(tx, Event("agreement.published", caller.actor, subject))
    return made


def newest(tx: Tx) -> Agreement:
    """The version to be signed.

    Raises:
        AgreementConflict: none was ever published.
    """
    row = store.newest_agreement(tx)
    if row is None:
        raise AgreementConflict("there is no agreement yet; `hanse hub init` makes one")
    return Agreement(*row)


def every(tx: Tx) -> list[Agreement]:
    """All versions, newest first."""
    return [Agreement(*row) for row in store.agreements(tx)]
