"""Every problem of a spec short of estimating: keys, formulas, columns against headers, and on request the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from impact.core.errors import Fault, ImpactError, SpecError
from impact.core.texts import fault
from impact.pipeline.columns_read import unknown_faults
from impact.pipeline.ledger.run import run_ledger
from impact.pipeline.places import placed_in
from impact.pipeline.references import reference_faults
from impact.pipeline.sources import headers_of
from impact.plan import Plan, make_plan
from impact.schema.spec_files import spec_files

__all__ = ["check_spec", "spec_files"]


def check_spec(
    spec: object,
    *,
    depth: str = "headers",
    set_values: Sequence[str] = (),
    roots: Mapping[str, str | Path] | None = None,
) -> tuple[list[Fault], int]:
    """Faults of a spec and the exit status they lead to.

    Arguments:
        depth: "none" looks at no data file, "headers" at column names, "data" reads, joins, checks and builds designs.
    """
    try:
        plan = make_plan(spec, set_values=set_values, roots=roots)
        faults = reference_faults(plan)
        if faults:
            return faults, SpecError.exit_status
        if plan.ledger is not None:
            if depth == "data":
                run_ledger(replace(plan.ledger, draws=None), plan.spec.seed)
        elif depth == "headers":
            _check_headers(plan)
        elif depth == "data":
            with placed_in(plan.resolved.tree):
                _check_data(plan)
    except ImpactError as problem:
        return list(problem.faults), problem.exit_status
    return [], 0


def _check_headers(plan: Plan) -> None:
    """Column names against the headers of the files.

    Raises:
        SpecError: E514 unknown columns. DataError: a file is absent or its header unreadable.
    """
    if not plan.sources:
        raise SpecError(fault("E186", place=plan.resolved.tree.place))
    faults = unknown_faults(plan, headers_of(plan))
    if faults:
        raise SpecError(*faults)


def _check_data(plan: Plan) -> None:
    """Everything but estimation.

    Raises:
        ImpactError: of every model whose design cannot be built.
    """
    from impact.design.groups import groups_of
    from impact.pipeline.fit import design_of  # frames are loaded only when data are read
    from impact.pipeline.street import read_data

    frame, _ = read_data(plan)
    faults: list[Fault] = []
    for request, group in ((one, group) for one in plan.models for group in groups_of(frame, one)):
        try:
            design_of(frame, request, group)
        except ImpactError as problem:
            faults += problem.faults if group.name is None else ()
    if faults:
        raise SpecError(*faults)
