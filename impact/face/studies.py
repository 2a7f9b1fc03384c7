"""`run` and `check`: the commands as functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import impact.pipeline.check as checking
import impact.pipeline.study as studies
from impact.core.errors import Fault, Place
from impact.schema.nodes import from_plain


@dataclass(frozen=True)
class Study:
    """A finished spec: the results document and the folder it was written to."""

    result: studies.StudyResult

    @property
    def path(self) -> Path | None:
        """Folder of the report."""
        return self.result.folder

    @property
    def document(self) -> dict[str, Any]:
        """The content of results.json."""
        return self.result.document

    def tidy(self) -> Any:
        """All rows as a data frame: model, group, term, estimate, std_error and so on."""
        import pandas as pd  # frames are made only when asked for

        return pd.DataFrame(self.document["rows"])


def run(
    spec: str | Path | Mapping[str, Any],
    *,
    out: str | Path | None = "reports",
    jobs: int = 1,
    only: Sequence[str] = (),
    roots: Mapping[str, str | Path] | None = None,
    strict: bool = False,
) -> Study:
    """Run a spec file (or the same content as a dict) and write its report.

    Arguments:
        out: folder for the report; None writes nothing. jobs, only, roots, strict: as `impact run`.

    Raises:
        SpecError, DataError, OutputError; a model that fails is in the document with its error.
    """
    options = studies.StudyOptions(
        out=None if out is None else Path(out), jobs=jobs, only=tuple(only), roots=roots, strict=strict
    )
    return Study(studies.run_study(_source(spec), options))


def check(spec: str | Path | Mapping[str, Any], *, data: bool = False) -> list[Fault]:
    """Every problem of a spec; never raises for a user's mistake."""
    faults, _ = checking.check_spec(_source(spec), depth="data" if data else "headers")
    return faults


def _source(spec: str | Path | Mapping[str, Any]) -> Any:
    """A file as it is; content as the nodes of one."""
    return from_plain(dict(spec), Place(file="spec.yaml")) if isinstance(spec, Mapping) else spec
