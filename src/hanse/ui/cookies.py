"""Cookies as values: what is set, and how a browser's header is read.

All cookies of Hanse are for the whole host, SameSite=Lax (a link in an e-mail must
open the page it names; changes are guarded by the CSRF token), and `Secure` where
the page came by https.
"""

from dataclasses import dataclass

_MAX_HEADER_CHARS = 16_384


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie to be set; an age of nought takes it away."""

    name: str
    value: str
    max_age_seconds: int
    is_secure: bool
    is_http_only: bool = True

    def header(self) -> str:
        """The value of a `Set-Cookie` header (RFC 6265, 4.1.1)."""
        flags = "; HttpOnly" * self.is_http_only + "; Secure" * self.is_secure
        return (
            f"{self.name}={self.value}; Path=/; Max-Age={self.max_age_seconds}; "
            f"SameSite=Lax{flags}"
        )


def parse_cookies(header: str) -> dict[str, str]:
    """The `Cookie` header. Of a name said twice the first counts, broken is skipped."""
    found: dict[str, str] = {}
    for part in header[:_MAX_HEADER_CHARS].split(";"):
        name, separator, value = part.strip().partition("=")
        if separator and name and name not in found:
            found[name] = value.strip().strip('"')
    return found
