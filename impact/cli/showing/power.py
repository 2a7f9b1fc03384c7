"""What `impact power` shows and writes: a short table, plain data, and the curve as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impact.core.texts import text
from impact.diagnostics.power import PowerOptions
from impact.kernels.power import Trial
from impact.outputs._numbers import decimal_text
from impact.outputs._power_curve import power_drawing, power_grid
from impact.outputs.drawing.style import Drawing
from impact.outputs.folder.write_errors import writing
from impact.outputs.results_csv import csv_bytes
from impact.outputs.terminal_table import grid_text
from impact.pipeline.power import PowerResult, power_of_spec, power_of_trial, trial_for

Asked = Mapping[str, Any]


def of_spec(spec: str, asked: Asked, *, model: str | None, **how: Any) -> tuple[PowerResult, ...]:
    """Power of the models of a spec."""
    return power_of_spec(spec, PowerOptions(**asked), model=model, **how)


def of_trial(trial: Mapping[str, Any], asked: Asked, *, seed: int) -> tuple[PowerResult, ...]:
    """Power of a planned trial; without rows those that its one effect needs are found first."""
    effects: Sequence[float] = asked["effects"]
    # one effect is a question about that effect; several are the points of the curve
    options = PowerOptions(**{**asked, "effects": effects if len(effects) > 1 else ()})
    effect = effects[0] if len(effects) == 1 else None
    planned = Trial(**{"n": 0, **trial})
    if "n" not in trial and effect is not None:
        planned = trial_for(planned, effect, options)
    return (power_of_trial(planned, effect, options, seed=seed),)


def as_record(result: PowerResult, asked: Asked) -> dict[str, object]:
    """The result as plain data."""
    return {
        "model": result.of or None,
        "term": result.term or None,
        "basis": result.basis,
        "power": asked["power"],
        "alpha": asked["alpha"],
        "smallest_effect": result.detectable,
        **result.facts,
        "curve": [dict(point) for point in result.curve],
    }


def as_text(result: PowerResult, asked: Asked, language: str) -> str:
    """The result as a short table with its sentence above."""
    grid = power_grid("power", _title(result, language), result.curve, (), language)
    return f"{_sentence(result, asked, language)}\n\n{grid_text(grid)}"


def _title(result: PowerResult, language: str) -> str:
    if result.of:
        return text("power.title", language, term=result.term, model=result.of)
    return text("power.title_trial", language)


def _sentence(result: PowerResult, asked: Asked, language: str) -> str:
    if result.sentences:
        return result.sentences.get(language) or result.sentences["en"]
    facts = result.facts
    key = "power.trial_clusters" if facts["clusters"] else "power.trial"
    return text(
        key,
        language,
        n=f"{facts['n']:,}",
        clusters=f"{facts['clusters']:,}",
        icc=f"{facts['icc']:g}",
        smallest=decimal_text(result.detectable, 4),
        power=f"{100 * asked['power']:g}",
        alpha=f"{100 * asked['alpha']:g}",
        error=decimal_text(facts["std_error"], 4),
    )


def write_curves(folder: Path, results: Sequence[PowerResult], asked: Asked, language: str) -> None:
    """power.svg, power.png and power.csv; with the model and term in the name where there are several.

    Raises:
        OutputError: E702–E704 they cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for place, result in enumerate(results, 1):
            name = "power" if len(results) == 1 else f"power_{place}"
            drawn = _drawn(name, result, asked, language)
            files = {"svg": drawn.svg, "png": drawn.png, "csv": csv_bytes(drawn.columns, drawn.data)}
            for suffix, content in files.items():
                (folder / f"{name}.{suffix}").write_bytes(content)


def _drawn(name: str, result: PowerResult, asked: Asked, language: str) -> Drawing:
    words = {"title": _title(result, language), "sentence": _sentence(result, asked, language)}
    return power_drawing(
        name, result.curve, words=words, target=asked["power"], smallest=result.detectable, language=language
    )
