"""Two runs side by side: which results differ, and what changed in their inputs that could explain it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from impact.core.errors import DataError, Place
from impact.core.texts import fault

Document = Mapping[str, Any]
RESULTS, MANIFEST = "results.json", "manifest.json"
# what names a result, and therefore is not compared
ROW_NAME = ("model", "outcome", "group", "term", "kind", "cohort", "time", "event_time")
MODEL_FIELDS = ("status", "estimator", "n_obs", "n_units", "n_clusters", "n_treated_clusters",
                "absorbed", "dropped_terms", "r2", "r2_within", "converged", "warnings")  # fmt: skip
TEST_FIELDS = ("statistic", "df", "df2", "p_value", "ci_low", "ci_high", "verdict")
PUBLISHED_NAME = ("table", "model", "group", "term", "stat")
PUBLISHED_FIELDS = ("published", "ours", "verdict")
CAUSES = ("data", "spec", "option", "seed", "sample", "version", "system")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs. ``place`` is model, row, test, published or claim; ``name`` says which one."""

    place: str
    name: str
    field: str
    first: object
    second: object

    @property
    def gap(self) -> float | None:
        """Absolute difference of two numbers."""
        both = (self.first, self.second)
        return abs(both[0] - both[1]) if _is_number(both[0]) and _is_number(both[1]) else None  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that changed between the runs: its kind (one of CAUSES), its name, both values, models it concerns."""

    kind: str
    name: str
    first: object
    second: object
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared and found.

    Arguments:
        n_compared: values compared; differences: those beyond the tolerance.
        only_first, only_second: results that only one run has.
        causes: changes of data, spec, options, seed, samples, versions and system, in this order.
    """

    n_compared: int
    differences: tuple[Difference, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    causes: tuple[Cause, ...]

    @property
    def same(self) -> bool:
        """Whether both runs hold the same results within the tolerance."""
        return not (self.differences or self.only_first or self.only_second)


@dataclass(frozen=True, slots=True)
class Run:
    """A report folder or a results.json: its document, and its manifest where there is one."""

    path: Path
    document: Document
    manifest: Document = field(default_factory=dict)


def read_run(path: Path) -> Run:
    """A report folder, or its results.json alone.

    Raises:
        DataError: E625 there are no results that can be read.
    """
    file = path / RESULTS if path.is_dir() else path
    document = _json(file)
    if document is None or not str(document.get("schema", "")).startswith("impact-results-"):
        raise DataError(fault("E625", place=Place(file=str(path)), path=str(path)))
    return Run(path, document, _json(file.parent / MANIFEST) or {})


def _json(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def compare_runs(first: Run, second: Run, *, absolute: float = 0.0, relative: float = 0.0) -> Comparison:
    """Every value of both documents; numbers differ beyond ``absolute + relative × |first|``."""
    values = [dict(_values(run.document)) for run in (first, second)]
    shared = [key for key in values[0] if key in values[1]]
    differing = [key for key in shared if _differ(values[0][key], values[1][key], absolute, relative)]
    differences = tuple(Difference(*key, values[0][key], values[1][key]) for key in differing)
    alone = [_names(values[one], values[1 - one]) for one in (0, 1)]
    return Comparison(len(shared), differences, alone[0], alone[1], tuple(_causes(first, second)))


def _names(
    own: Mapping[tuple[str, str, str], object], other: Mapping[tuple[str, str, str], object]
) -> tuple[str, ...]:
    """Results of one run that the other lacks altogether."""
    there = {key[:2] for key in other}
    return tuple(dict.fromkeys(f"{place} {name}" for place, name, _ in own if (place, name) not in there))


def _values(document: Document) -> Iterator[tuple[tuple[str, str, str], object]]:
    for row in document.get("rows", ()):
        name = row_name(row)
        yield from ((("row", name, key), value) for key, value in row.items() if key not in ROW_NAME)
    for name, facts in document.get("models", {}).items():
        yield from ((("model", name, key), facts.get(key)) for key in MODEL_FIELDS)
    for test in document.get("tests", ()):
        name = " ".join(str(test[key]) for key in ("test", "of", "term") if test.get(key) is not None)
        yield from ((("test", name, key), test.get(key)) for key in TEST_FIELDS)
    for cell in document.get("published", ()):
        name = " ".join(str(cell[key]) for key in PUBLISHED_NAME if cell.get(key) is not None)
        yield from ((("published", name, key), cell.get(key)) for key in PUBLISHED_FIELDS)
    for claim in document.get("claims", ()):
        yield ("claim", str(claim["claim"]), "state"), claim.get("state")


def row_name(row: Mapping[str, Any]) -> str:
    """A row in words: the model, then what is set of outcome, group, term, kind, cohort and times."""
    shown = [str(row["model"])]
    shown += [f"{key}={row[key]}" for key in ROW_NAME[1:] if row.get(key) is not None]
    return " ".join(shown)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _differ(one: object, other: object, absolute: float, relative: float) -> bool:
    if (
        isinstance(one, int | float)
        and isinstance(other, int | float)
        and _is_number(one)
        and _is_number(other)
    ):
        return not (
            one == other or abs(one - other) <= absolute + relative * abs(one) or _both_nan(one, other)
        )
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() != other.keys() or any(
            _differ(one[key], other[key], absolute, relative) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) != len(other) or any(_differ(*pair, absolute, relative) for pair in pairs)
    return one != other


def _both_nan(one: float, other: float) -> bool:
    return math.isnan(one) and math.isnan(other)


def _causes(first: Run, second: Run) -> Iterator[Cause]:
    both = (first, second)
    yield from _data_causes(*(run.document.get("data", {}) for run in both))
    contents = [run.manifest.get("spec", {}).get("content_sha256") for run in both]
    contents = contents if all(contents) else [run.document.get("spec_sha256") for run in both]
    yield from _changed("spec", "spec", contents[0], contents[1])
    yield from _option_causes(*(run.manifest.get("options", {}) for run in both))
    yield from _changed("seed", "seed", first.document.get("seed"), second.document.get("seed"))
    yield from _sample_causes(*(run.document for run in both))
    yield from _changed("version", "impact", first.document.get("impact"), second.document.get("impact"))
    flat = [dict(_flat(run.manifest.get("environment", {}))) for run in both]
    for key in sorted(flat[0].keys() & flat[1].keys()):
        kind = "version" if key.startswith("distributions.") or key == "python" else "system"
        yield from _changed(kind, key.removeprefix("distributions."), flat[0][key], flat[1][key])


def _data_causes(one: Document, other: Document) -> Iterator[Cause]:
    for name in dict.fromkeys([*one, *other]):
        facts = [run.get(name) or {} for run in (one, other)]
        if facts[0].get("sha256") == facts[1].get("sha256"):
            continue
        shown = [
            f"{fact.get('file')}, {fact.get('rows')} rows, {str(fact.get('sha256'))[:8]}" if fact else None
            for fact in facts
        ]
        yield Cause("data", name, shown[0], shown[1])


def _option_causes(one: Document, other: Document) -> Iterator[Cause]:
    """Options that changed, the same change in several models told once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    values: dict[tuple[str, str, str], tuple[object, object]] = {}
    for model in one:
        flat = [dict(_flat(run[model])) for run in (one, other) if model in run]
        if len(flat) < 2:
            continue
        for key in sorted(flat[0].keys() | flat[1].keys()):
            pair = (flat[0].get(key), flat[1].get(key))
            if pair[0] != pair[1]:
                place = (key, repr(pair[0]), repr(pair[1]))
                found.setdefault(place, []).append(model)
                values[place] = pair
    for place, models in found.items():
        yield Cause("option", place[0], values[place][0], values[place][1], tuple(models))


def _sample_causes(one: Document, other: Document) -> Iterator[Cause]:
    """Steps of a sample that drop other rows than before; models whose number of rows changed."""
    samples = [run.get("samples", {}) for run in (one, other)]
    for name in (name for name in samples[0] if name in samples[1]):
        counts = [_counts(run[name]) for run in samples]
        for step in dict.fromkeys([*counts[0], *counts[1]]):
            yield from _changed("sample", f"{name}.{step}", counts[0].get(step), counts[1].get(step))
    for name, facts in one.get("models", {}).items():
        now = other.get("models", {}).get(name)
        if now is not None:
            yield from _changed("sample", f"{name}.n_obs", facts.get("n_obs"), now.get("n_obs"), (name,))


def _counts(sample: Document) -> dict[str, object]:
    steps = {f"{step['name']} ({step['reason']})": step["dropped"] for step in sample["steps"]}
    return {"read": sample["read"], **steps, "used": sample["used"]}


def _changed(kind: str, name: str, one: object, other: object, models: Sequence[str] = ()) -> Iterator[Cause]:
    if one != other:
        yield Cause(kind, name, one, other, tuple(models))


def _flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
