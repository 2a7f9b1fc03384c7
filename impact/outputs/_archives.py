"""Office files are archives: rewritten with fixed times, so that the same table gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

FIXED_TIME = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""The earliest time that a zip archive can hold; written wherever a format asks for one."""


def with_fixed_times(content: bytes) -> bytes:
    """The archive with every member's time set to 1980-01-01, in the order it was written."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w") as new:
        for member in old.infolist():
            fixed = zipfile.ZipInfo(member.filename, FIXED_TIME.timetuple()[:6])
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            new.writestr(fixed, old.read(member))
    return result.getvalue()


def without_control_characters(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n" or _is_xml(ord(sign)))


def _is_xml(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
