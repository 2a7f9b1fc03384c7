"""Complaints to police and prosecutors: counts by place, month and offence.

The police table has one row for each month, district and offence with at least one complaint.
"""

from __future__ import annotations

from fnmatch import fnmatch

import numpy as np
from pydantic import Field

from impact.core.errors import DataError
from impact.core.frames import Frame
from impact.core.registered import Survey
from impact.data.source_files import SourceFiles
from impact.data.surveys._options import FolderOptions, Words


class ComplaintsOptions(FolderOptions):
    """Options of `complaints`."""

    files: Words = Field(("*.csv",), description="Names of the files, with * for any letters.")


def columns(options: ComplaintsOptions, request: SourceFiles) -> tuple[str, ...]:
    """Column names in small letters."""
    names = [name.lower() for file in _files(options, request) for name in request.header(file)]
    return tuple(dict.fromkeys(names))


def read(options: ComplaintsOptions, request: SourceFiles) -> Frame:
    """All rows."""
    (file,) = _files(options, request)
    header = request.header(file)
    wanted = None
    if request.wanted is not None:
        wanted = frozenset(name for name in header if name.lower() in request.wanted)
    frame = request.read(file, wanted, header=header)
    columns = {name.lower(): np.array(values) for name, values in frame.columns.items()}
    return Frame(columns=columns, n_rows=frame.n_rows, read=frame.n_rows, files=frame.files)


def _files(options: ComplaintsOptions, request: SourceFiles) -> tuple[str, ...]:
    names = request.names_in(options.folder)
    found = [name for name in names if any(fnmatch(name.split("/")[-1], one) for one in options.files)]
    if not found:
        raise DataError(request.fault("E251", key="files", what="complaints", where=options.folder))
    return tuple(found)


SURVEY = Survey(
    summary="Complaints to police and prosecutors, by place, month and offence",
    options=ComplaintsOptions,
    columns=columns,
    read=read,
    source="Ministerio del Interior (SIDPOL)",
    access="public",
)
