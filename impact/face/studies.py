"""`run` and `check`: the commands as functions, and what a study holds."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import impact.pipeline.check as checking
import impact.pipeline.study as studies
from impact.core.errors import Fault, ImpactError, Place, SpecError
from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.face.arguments import checked_call, no_such
from impact.face.fitted import StudyRows, sealed
from impact.face.frames_out import rows_out
from impact.face.specs import Spec
from impact.pipeline.fit import FittedModel
from impact.schema.nodes import from_plain

HERE = Place(file="spec.yaml")
Source = str | Path | Mapping[str, Any] | Spec


@dataclass(frozen=True, slots=True, repr=False)
class Named(Mapping[str, Any]):
    """What a study holds by name; made when it is asked for.

    Arguments:
        what: models, tables or figures. names: in the order of the spec. make: name → the thing.
    """

    what: str
    names: tuple[str, ...]
    make: Callable[[str], Any]

    def __getitem__(self, name: str) -> Any:
        """The thing of that name.

        Raises:
            NameFaultError: E695. ImpactError: of a model that could not be estimated, its own error.
        """
        if name not in self.names:
            raise no_such(name, what=self.what, names=self.names)
        return self.make(name)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"{self.what}: {', '.join(self.names)}"


@dataclass(frozen=True, slots=True)
class Study:
    """A finished spec: the results document and the folder it was written to."""

    result: studies.StudyResult

    @property
    def path(self) -> Path | None:
        """Folder of the report; None where nothing was written."""
        return self.result.folder

    @property
    def document(self) -> dict[str, Any]:
        """The content of results.json."""
        return self.result.document

    @property
    def models(self) -> Mapping[str, Any]:
        """Name → fit, as ``feols`` or ``did`` return it; of a model with ``by:`` group → fit."""
        fitted = {model.request.name: model for model in self.result.run.fitted}
        return Named("models", tuple(fitted), lambda name: self._model(fitted[name]))

    @property
    def tables(self) -> Mapping[str, Any]:
        """Name → table, in the first language of the spec: text, HTML, ``save``."""
        made = self._grids()
        table: Any = importlib.import_module("impact.face.tables").Table
        return Named("tables", tuple(made), lambda name: table(made[name]))

    @property
    def figures(self) -> Mapping[str, Any]:
        """Name → figure, in the first language of the spec: SVG, PNG, data, ``save``."""
        drawing: Any = importlib.import_module("impact.outputs._draw")
        blocks = drawing.figure_blocks(self.document, self._request())
        return Named("figures", tuple(blocks), lambda name: self._figure(name, blocks[name]))

    @property
    def samples(self) -> dict[str, Any]:
        """Name → the ledger: rows read, named steps with what each dropped, rows used."""
        return dict(self.document["samples"])

    @property
    def published(self) -> Any:
        """A data frame of published cells beside ours, with match and verdict."""
        names = ("table", "model", "term", "stat", "published", "printed", "ours", "difference", "verdict")
        return rows_out(self.document["published"], names)

    @property
    def claims(self) -> Any:
        """A data frame of claims with their state."""
        return rows_out(self.document["claims"], ("claim", "state"))

    @property
    def tests(self) -> Any:
        """A data frame of what the tests found."""
        return rows_out(self.document["tests"], ("test", "kind", "of", "p_value", "verdict", "sentence"))

    @property
    def notices(self) -> Any:
        """A data frame of warnings: code, of, message."""
        plain = [{**one, "message": one["message"]["en"]} for one in self.document["notices"]]
        return rows_out(plain, ("code", "of", "message"))

    @property
    def spec(self) -> Spec:
        """The spec as it was run, everything resolved."""
        return Spec(self.result.plan.resolved.tree)

    def tidy(self) -> Any:
        """All rows as a data frame: model, group, term, estimate, std_error and so on."""
        return rows_out(self.document["rows"])

    def __repr__(self) -> str:
        failed = [name for name, facts in self.document["models"].items() if facts["status"] == "failed"]
        lines = [f"{self.document['study']}: {', '.join(self.models)}"]
        lines += [f"failed: {', '.join(failed)}"] if failed else []
        return "\n".join([*lines, *(f"{table!r}" for table in self.tables.values())])

    def _repr_html_(self) -> str:
        return "\n".join(table._repr_html_() for table in self.tables.values())

    def _model(self, model: FittedModel) -> Any:
        if len(model.results) == 1 and model.results[0].group is None:
            return self._fit(model, model.results[0])
        results = {str(one.group or "all"): one for one in model.results}
        return Named(model.request.name, tuple(results), lambda name: self._fit(model, results[name]))

    def _fit(self, model: FittedModel, result: ModelResult) -> Any:
        if isinstance(result.error, ImpactError):
            raise result.error
        kind = "differences.Differences" if model.request.by_adoption else "regression.Fit"
        module, name = kind.split(".")
        frame: Frame = self.result.run.frame
        made = getattr(importlib.import_module(f"impact.face.{module}"), name)
        rows = StudyRows(self.result.plan, frame)
        return made(model.request, sealed(result), frame, rows, self.spec)

    def _request(self) -> Any:
        return importlib.import_module("impact.pipeline.write").output_request(
            self.result.plan, self.document
        )

    def _grids(self) -> dict[str, Any]:
        views: Any = importlib.import_module("impact.outputs._tables")
        found: dict[str, Any] = views.grids(self.document, self._request(), self.result.plan.languages[0])
        return found

    def _figure(self, name: str, block: Any) -> Any:
        draw = importlib.import_module(f"impact.outputs.figure_{block.kind}").draw
        language = self.result.plan.languages[0]
        drawing = draw(name, block, self.document, self._request(), language=language)
        return importlib.import_module("impact.face.figures").Figure(drawing)


@checked_call
def run(
    spec: Source,
    *,
    out: str | Path | None = "reports",
    jobs: int = 1,
    only: Sequence[str] = (),
    roots: Mapping[str, str | Path] | None = None,
    strict: bool = False,
) -> Study:
    """Run a spec (a file, a ``Spec``, or its content as a dict) and write its report.

    Arguments:
        out: folder for the report; None writes nothing. jobs, only, roots, strict: as `impact run`.

    Returns:
        Study with ``models``, ``tables``, ``figures``, ``samples``, ``published``, ``claims``, ``tests``, ``path``.

    Raises:
        SpecError, DataError, OutputError; a model that fails is in the document with its error, which it raises when
        it is asked for.
    """
    options = studies.StudyOptions(
        out=None if out is None else Path(out), jobs=jobs, only=tuple(only), roots=roots, strict=strict
    )
    return Study(studies.run_study(_source(spec), options))


@checked_call
def check(spec: Source, *, data: bool = False, roots: Mapping[str, str | Path] | None = None) -> list[Fault]:
    """Every problem of a spec; never raises for a user's mistake.

    Arguments:
        data: also read the data, check them and build the designs. roots: as `impact check`.
    """
    try:
        source = _source(spec)
    except ImpactError as problem:
        return list(problem.faults)
    return checking.check_spec(source, depth="data" if data else "headers", roots=roots)[0]


def _source(spec: Source) -> Any:
    """A file as it is; content as the nodes of one.

    Raises:
        SpecError: E104 what is neither, or an object that no spec can hold.
    """
    if isinstance(spec, Spec):
        return spec.tree
    if isinstance(spec, Mapping):
        return from_plain(dict(spec), HERE)
    if not isinstance(spec, (str, Path)):
        expected, found = "a file, a Spec or a mapping", type(spec).__name__
        raise SpecError(fault("E104", place=HERE, where="spec", expected=expected, found=found))
    return spec
