"""Fits as JSON and back, bit for bit: numbers and words only, nothing that runs when it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import impact
import impact.outputs._assemble as assemble
from impact.core.designs import Term
from impact.core.errors import Notice, Place, SpecError
from impact.core.estimates import Estimate, Inference
from impact.core.findings import ModelResult
from impact.core.frames import Frame
from impact.core.texts import fault
from impact.data.frames import frame_of
from impact.face.arguments import checked_call
from impact.face.differences import Differences
from impact.face.fitted import NAME, Fitted, Part, sealed, sealed_columns
from impact.face.regression import Fit
from impact.face.specs import Spec
from impact.plan import make_plan

SCHEMA = "impact-fit-1"
KINDS: Mapping[str, type[Fitted]] = {"regression": Fit, "differences": Differences}
ESTIMATE = ("estimator", "n_obs", "df_model", "df_resid", "df_absorbed", "n_units", "converged")
INFERENCE = ("vcov", "std_error", "statistic", "p_value", "ci_low", "ci_high", "df", "band_low", "band_high")
TERM = tuple(one.name for one in fields(Term))


def json_of(fit: Fitted) -> str:
    """The text of ``to_json``."""
    estimate, inference, part = fit.estimate, fit.inference, fit.part()
    own = {name: _number(getattr(estimate, name)) for name in ESTIMATE}
    own |= {
        "terms": [{name: _number(getattr(term, name)) for name in TERM} for term in estimate.terms],
        "params": _array(estimate.params), "focus": list(estimate.focus), "fit": _numbers(estimate.fit),
        "effect_levels": dict(estimate.effect_levels), "dropped_terms": dict(estimate.dropped_terms),
        "notices": [_notice(one) for one in estimate.notices], "tables": list(estimate.tables),
    }  # fmt: skip
    found: dict[str, Any] = {name: _array(getattr(inference, name)) for name in INFERENCE}
    found |= {
        "level": inference.level, "variance": assemble.plain(inference.variance),
        "n_clusters": dict(inference.n_clusters), "n_treated_clusters": inference.n_treated_clusters,
        "extra": {name: _array(values) for name, values in inference.extra.items()},
        "notices": [_notice(one) for one in inference.notices],
    }  # fmt: skip
    given = fit.asked.to_dict() if isinstance(fit.asked, Spec) else dict(fit.asked)
    content = {
        "schema": SCHEMA, "impact": impact.__version__,
        "kind": next(name for name, kind in KINDS.items() if type(fit) is kind),
        "name": fit.result.name, "base": fit.request.base, "group": fit.result.group,
        "whole": isinstance(fit.asked, Spec), "spec": given,
        "estimate": own, "inference": found, "facts": part.facts, "rows": part.rows, "notices": part.notices,
        "data": _data(fit),
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, allow_nan=False, sort_keys=True)


@checked_call
def from_json(source: str | Path) -> Fitted:
    """A fit from the text or the file that its ``to_json`` made.

    It says what the fit said, bit for bit. ``predict`` and ``summary`` need data: fit with ``keep_data=True``.

    Raises:
        SpecError: E696 what is no such text or file.
    """
    content = _content(source)
    try:
        return _fit(content)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        raise _no_fit(f"{type(problem).__name__}: {problem}") from None


def _content(source: str | Path) -> dict[str, Any]:
    if not isinstance(source, (str, Path)):
        raise _no_fit(type(source).__name__)
    text = str(source)
    if isinstance(source, Path) or not text.lstrip().startswith("{"):
        try:
            text = Path(source).read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise _no_fit(f"no file {text[:80]!r}") from None
    try:
        content = json.loads(text)
    except ValueError as problem:
        raise _no_fit(str(problem)) from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise _no_fit(f"schema {content.get('schema')!r}" if isinstance(content, dict) else "no mapping")
    return content


def _no_fit(problem: str) -> SpecError:
    return SpecError(fault("E696", place=Place(file="from_json"), problem=problem))


def _fit(content: Mapping[str, Any]) -> Fitted:
    own, found = content["estimate"], content["inference"]
    part = Part(content["facts"], tuple(content["rows"]), tuple(content["notices"]))
    estimate = Estimate(
        terms=tuple(Term(**{name: _read(one[name]) for name in TERM}) for one in own["terms"]),
        params=_floats(own["params"]), focus=tuple(own["focus"]),
        fit={name: float(_read(value)) for name, value in own["fit"].items()},
        effect_levels=own["effect_levels"], dropped_terms=own["dropped_terms"],
        notices=tuple(Notice(**one) for one in own["notices"]),
        tables={name: part.facts["extra"].get(name) for name in own["tables"]},
        **{name: _read(own[name]) for name in ESTIMATE},
    )  # fmt: skip
    arrays: dict[str, Any] = {
        name: None if found[name] is None else _floats(found[name]) for name in INFERENCE
    }
    inference = Inference(
        level=found["level"], variance=found["variance"], n_clusters=found["n_clusters"],
        n_treated_clusters=found["n_treated_clusters"],
        extra={name: _floats(values) for name, values in found["extra"].items()},
        notices=tuple(Notice(**one) for one in found["notices"]),
        **arrays,
    )  # fmt: skip
    result = ModelResult(content["name"], content["group"], estimate, inference, None, base=content["base"])
    spec = Spec.from_dict(content["spec"])
    whole = spec if content["whole"] else Spec.from_dict(
        {"spec": 1, "study": NAME, "data": {"file": "data.csv"}, **content["spec"]}
    )  # fmt: skip
    models = make_plan(whole.tree).models
    request = next((one for one in models if one.name == content["name"]), None)
    request = request or next(one for one in models if one.base == content["base"])
    frame = _frame(content["data"])
    columns = None if frame is None else dict(frame.columns)
    return KINDS[content["kind"]](
        request, sealed(result), frame, columns, spec if content["whole"] else content["spec"], part,
        content["data"] is not None,
    )  # fmt: skip


def _data(fit: Fitted) -> dict[str, Any] | None:
    """The columns of the data with what they hold, where the fit keeps them."""
    if not fit.keep_data:
        return None
    return {name: _column(values) for name, values in fit.data.items()}


def _column(values: Any) -> dict[str, Any]:
    kind = values.dtype.kind
    if kind == "M":
        return {"holds": "dates", "values": [None if np.isnat(v) else str(v) for v in values]}
    if kind == "f":
        return {"holds": "numbers", "values": _array(values)}
    return {"holds": "texts" if kind == "O" else "whole numbers", "values": values.tolist()}


def _frame(data: Mapping[str, Any] | None) -> Frame | None:
    if data is None:
        return None
    columns: dict[str, Any] = {}
    for name, column in data.items():
        values = column["values"]
        if column["holds"] == "dates":
            columns[name] = np.array([v and date.fromisoformat(v) for v in values], dtype="datetime64[D]")
        elif column["holds"] == "numbers":
            columns[name] = _floats(values)
        elif column["holds"] == "texts":
            columns[name] = np.array(values, dtype=object)
        else:
            columns[name] = np.array(values, dtype=np.int64)
    sealed_columns(columns)
    return frame_of(columns, columns)


def _number(value: Any) -> Any:
    """A value for JSON: numbers as Python's own, those without a value as text."""
    if isinstance(value, (np.bool_, np.generic)):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": str(value)}
    return value


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number(float(value)) for name, value in values.items()}


def _read(value: Any) -> Any:
    return float(value["float"]) if isinstance(value, dict) else value


def _array(values: Any) -> Any:
    if values is None:
        return None
    if getattr(values, "ndim", 1) == 2:
        return [_array(row) for row in values]
    return [_number(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def _floats(values: Sequence[Any]) -> Any:
    if values and isinstance(values[0], list):
        return np.array([[_read(value) for value in row] for row in values], dtype=np.float64)
    return np.array([_read(value) for value in values], dtype=np.float64)


def _notice(one: Notice) -> dict[str, Any]:
    return {"code": one.code, "message": one.message, "of": one.of, "details": assemble.plain(one.details)}
