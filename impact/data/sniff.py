"""The format of a file: by its ending or ``format:``, and its first bytes must agree."""

from __future__ import annotations

from pathlib import Path

from impact.core.errors import DataError
from impact.core.nearest import nearest
from impact.core.registered import Reader
from impact.core.registry import Registry
from impact.core.texts import text
from impact.data.readers.dbf import is_dbf
from impact.data.request import ReadRequest

READERS = Registry(kind="data format", package="impact.data.readers", attribute="READER")

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"PAR1", "parquet"),
    (b"<stata_dta>", "stata"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"SQLite format 3", "sqlite"),
    (b"$FL2", "spss"),
    (b"$FL3", "spss"),
    (b"\x89PNG", "image"),
    (b"%PDF", "pdf"),
    (b"\x89HDF", "hdf5"),
    (b"RDX", "rdata"),
    (b"RDA", "rdata"),
    (b"\x80\x02", "pickle"),
    (b"\x80\x03", "pickle"),
    (b"\x80\x04", "pickle"),
    (b"\x80\x05", "pickle"),
    (b"{\\rtf", "rtf"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "feather1"),
)
_DUCKDB = b"DUCK"
_PACKED = ("zip", "gzip", "bzip2", "xz", "zstd", "7z", "rar")
_WORDS = {
    "zip": "a zip archive", "xls": "an Excel workbook", "xlsx": "an Excel workbook",
    "parquet": "a Parquet file", "stata": "a Stata file", "gzip": "a gzip file",
    "bzip2": "a bzip2 file", "xz": "an xz file",
    "zstd": "a zstd file", "7z": "a 7-Zip archive", "rar": "a RAR archive", "sqlite": "an SQLite database",
    "spss": "an SPSS file", "image": "an image", "pdf": "a PDF document", "hdf5": "an HDF5 file",
    "rdata": "an R data file", "pickle": "a Python pickle", "html": "a web page", "csv": "text",
    "rtf": "a document", "arrow": "an Arrow or Feather file", "feather1": "a Feather file of the first version",
    "duckdb": "a DuckDB database", "dbf": "a dBase file",
}  # fmt: skip
_OLD_STATA = (102, 103, 104, 105, 108, 110, 111, 113, 114, 115)
_LATER = {".sas7bdat": "SAS", ".rds": "R", ".rdata": "R", ".pkl": "pickle", ".pickle": "pickle",
          ".json": "JSON"}  # fmt: skip
# formats whose first bytes say what they are
_KNOWN_STARTS = ("csv", "stata", "parquet", "xlsx", "arrow", "duckdb", "dbf", "spss")


def find_reader(path: Path, request: ReadRequest) -> Reader:
    """The reader of a file.

    Raises:
        DataError: E202 the content is of another format, E208 a format that cannot be read here, E223 an
        unknown
            ending without ``format:``, E232 a packed file.
        SpecError: E110 an unknown ``format:``.
    """
    content = sniff(path)
    if content in _PACKED:
        raise DataError(request.fault("E232", key="file", what=_WORDS[content]))
    keyword = request.block.format or _by_suffix(path, request)
    reader = READERS.load(keyword, place=request.at("format"))
    if not isinstance(reader, Reader):
        raise TypeError(keyword)
    if not _agrees(content, reader, path):
        name = "text" if reader.keywords[:1] == ("csv",) else reader.summary
        raise DataError(request.fault("E202", key="format", what=_WORDS.get(content, content), expected=name))
    return reader


def _by_suffix(path: Path, request: ReadRequest) -> str:
    suffix = path.suffix.lower()
    endings: dict[str, str] = {}
    for keyword in READERS.names():
        reader = READERS.load(keyword)
        if isinstance(reader, Reader):
            endings.update(dict.fromkeys(reader.suffixes, keyword))
        if suffix in endings:
            return endings[suffix]
    if suffix in _LATER:
        reason, advice = text("data.no_reader"), text("data.save_as")
        raise DataError(
            request.fault(
                "E208", key="file", format=_LATER[suffix], suffix=suffix, reason=reason, advice=advice
            )
        )
    known = ", ".join(sorted(endings))
    raise DataError(
        request.fault(
            "E223", key="file", suggestion=nearest(suffix, endings), suffix=suffix or "-", known=known
        )
    )


def sniff(path: Path) -> str:
    """What the first bytes say: a format's word, ``html``, or ``csv`` for anything that may be text."""
    with path.open("rb") as stream:
        start = stream.read(512)
    for mark, kind in _STARTS:
        if start.startswith(mark):
            return _workbook_or_zip(path, start) if kind == "zip" else kind
    if (
        len(start) > 4
        and start[0] in _OLD_STATA
        and start[1] in (1, 2)
        and start[2] in (0, 1)
        and start[3] == 0
    ):
        return "stata"
    if start[8:12] == _DUCKDB:
        return "duckdb"
    if path.suffix.lower() == ".dbf" and is_dbf(start[:4]):
        return "dbf"
    bare = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if bare.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "html"
    return "csv"


def _workbook_or_zip(path: Path, start: bytes) -> str:
    """An Excel or OpenDocument workbook is a zip whose first members have known names."""
    if any(name in start for name in (b"[Content_Types].xml", b"_rels/", b"xl/", b"docProps/")):
        return "xlsx"
    if b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in start:
        return "xlsx"
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 65_536))
        tail = stream.read()
    return "xlsx" if b"xl/workbook" in tail else "zip"


def _agrees(content: str, reader: Reader, path: Path) -> bool:
    """Whether content and reader fit; an empty file is left to the reader, which says so."""
    if path.stat().st_size == 0:
        return True
    kind = reader.keywords[0] if reader.keywords else ""
    if kind == "spss":
        # portable files are text
        return content == "spss" or path.suffix.lower() == ".por"
    return {"xls": "xlsx"}.get(content, content) == kind or kind not in _KNOWN_STARTS
