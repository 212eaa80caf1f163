"""What the words in other people's tables mean, in English and Chinese.

Headers of columns, kinds of values, categories, confidence, TLP and dates, as
spreadsheets and feeds write them. `None` means: not a word known here.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeVar

from hanse.feed.sharing import Tlp
from hanse.intel.claim import Category
from hanse.observables.kinds import Kind

Meaning = TypeVar("Meaning")


class Column(StrEnum):
    """What a column holds."""

    VALUE = "value"
    KIND = "kind"
    CATEGORY = "category"
    CONFIDENCE = "confidence"
    TLP = "tlp"
    NOTE = "note"
    VALID_UNTIL = "valid_until"


def _words(table: Mapping[Meaning, str]) -> Mapping[str, Meaning]:
    return MappingProxyType(
        {word: meaning for meaning, words in table.items() for word in words.split()}
    )


_COLUMNS: Final = _words(
    {
        Column.VALUE: "value indicator ioc observable indicatorvalue iocvalue artifact"
        " 值 指标 指标值 情报 情报值 威胁指标 内容",
        Column.KIND: "kind type indicatortype ioctype valuetype 类型 种类 指标类型",
        Column.CATEGORY: "category threat threattype classification"
        " 分类 类别 威胁类型 威胁分类",
        Column.CONFIDENCE: "confidence confidencelevel 置信度 可信度 信心",
        Column.TLP: "tlp tlplevel marking 共享级别 共享范围 tlp级别",
        Column.NOTE: "note notes comment comments description desc remark remarks"
        " evidence 备注 说明 描述 证据",
        Column.VALID_UNTIL: "validuntil expires expiry expiration expirationdate"
        " expiresat 有效期 有效期至 失效时间 到期 到期时间 过期时间",
    }
)

_KINDS: Final = _words(
    {
        Kind.URL: "url urls uri link website 网址 链接 网站 网页",
        Kind.DOMAIN: "domain domains domainname hostname host fqdn 域名 主机 主机名",
        Kind.IP: "ip ips ipv4 ipv6 ipaddr ipaddress ipv4addr ipv6addr ipsrc ipdst"
        " ip地址",
        Kind.EMAIL: "email emails mail emailaddr emailaddress emailsrc sender"
        " 邮箱 邮件 邮件地址 邮箱地址 发件人",
        Kind.HASH: "hash hashes file filehash md5 sha1 sha256 sha512 filehashmd5"
        " filehashsha1 filehashsha256 filehashsha512 哈希 哈希值 文件 文件哈希 样本",
        Kind.CERTIFICATE: "certificate cert fingerprint x509fingerprintsha256"
        " x509fingerprintsha1 certificatesha256 证书 证书指纹 签名 签名证书",
        Kind.APP: "app application package packagename bundleid appid"
        " mobileapplicationid 应用 应用包名 包名",
        Kind.WIFI: "wifi hotspot ssid bssid wlan 热点 无线 无线网络",
    }
)

_CATEGORIES: Final = _words(
    {
        Category.PHISHING: "phishing phish phishingsite 钓鱼 网络钓鱼 钓鱼网站"
        " 钓鱼网址",
        Category.MALWARE: "malware trojan virus ransomware malwaredownload banker"
        " 恶意软件 木马 病毒 勒索软件 恶意程序",
        Category.FAKE_APP: "fakeapp counterfeitapp cloneapp 假冒应用 仿冒应用 仿冒app"
        " 假冒app 山寨应用",
        Category.SCAM: "scam fraud 诈骗 欺诈 骗局 电信诈骗 诈骗网站",
        Category.HOTSPOT: "hotspot eviltwin rogueap 热点 恶意热点 伪基站",
        Category.C2: "c2 cc cnc c2server commandandcontrol botnet botnetcc 远控 控制端"
        " 僵尸网络",
        Category.SPAM: "spam 垃圾邮件 垃圾短信",
        Category.OTHER: "other others 其他 其它",
    }
)

# The middles of the ranges in STIX 2.1, appendix A (None/Low/Med/High).
_CONFIDENCES: Final = _words(
    {0: "none 无", 15: "low 低", 50: "medium med moderate 中 中等", 85: "high 高"}
)

_TLPS: Final = _words(
    {
        Tlp.CLEAR: "clear white 白 白色 透明 公开",
        Tlp.GREEN: "green 绿 绿色",
        Tlp.AMBER: "amber yellow 琥珀 琥珀色 黄 黄色",
        Tlp.AMBER_STRICT: "amberstrict",
        Tlp.RED: "red 红 红色",
    }
)

_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def column(header: str) -> Column | None:
    """What a column of this name holds."""
    word = _word(header)
    return Column.VALUE if word in _KINDS else _COLUMNS.get(word)


@lru_cache(maxsize=512)
def kind(text: str) -> Kind | None:
    """The kind of values this word names; columns are named so, too."""
    return _KINDS.get(_word(text))


@lru_cache(maxsize=512)
def category(text: str) -> Category | None:
    """The category this word means."""
    return _CATEGORIES.get(_word(text))


@lru_cache(maxsize=512)
def confidence(text: str) -> int | None:
    """0 to 100, from a number, a percentage, a fraction (`0.85`) or a word."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("%").strip()
    if re.fullmatch(r"[0-9]{1,3}", plain, re.ASCII):
        return int(plain) if int(plain) <= 100 else None
    if re.fullmatch(r"0?\.[0-9]{1,6}|1\.0{1,6}", plain, re.ASCII):
        return round(100 * float(plain))
    return _CONFIDENCES.get(_word(plain))


@lru_cache(maxsize=512)
def tlp(text: str) -> Tlp | None:
    """The traffic light this word means, TLP 1.0's WHITE included."""
    return _TLPS.get(_word(text).removeprefix("tlp"))


def instant(text: str) -> datetime | None:
    """An ISO 8601 instant, UTC unless it says otherwise, or the end of a named day."""
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        if day := _DATE.fullmatch(plain):
            start = datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC)
            return start + timedelta(days=1)
        stated = datetime.fromisoformat(plain.replace("/", "-"))
        zoned = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
        return zoned.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _word(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text[:64]).lower()
    return "".join(sign for sign in plain if sign.isalnum())
