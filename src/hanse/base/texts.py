"""Texts that are written in one place and said in the reader's language in another."""


def N_(text: str) -> str:  # noqa: N802 - the name gettext tools look for
    """The text itself, found here for the catalogues, translated where it is shown."""
    return text
