"""Power of the models of a spec, or of a trial that is only planned: the smallest effect and the power curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from impact.core.errors import EstimationError, SpecError
from impact.core.findings import Finding
from impact.core.nearest import nearest
from impact.core.texts import fault, text
from impact.diagnostics.power import PowerOptions
from impact.kernels.power import (
    Trial,
    detectable,
    effects_around,
    exact_power,
    power_at,
    simulated_power,
    smallest_n,
)
from impact.pipeline.street import run_plan
from impact.plan import Plan, make_plan
from impact.schema.option_requests import TestRequest

KIND = "power"
Point = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class PowerResult:
    """What is known of one effect: the curve's points hold effect, formula and what else was computed.

    Arguments:
        of, term: model and term, "" of a trial. basis: what the power is of: a test, or "trial".
        sentences: language → one line of a model; empty for a trial. facts: numbers behind it, by name.
    """

    of: str
    term: str
    basis: str
    detectable: float | None
    curve: tuple[Point, ...]
    facts: Mapping[str, float | int | None]
    sentences: Mapping[str, str]


def power_of_trial(trial: Trial, effect: float | None, options: PowerOptions, *, seed: int) -> PowerResult:
    """Smallest effect and power of a trial by the formulas, and by simulation where it is asked for.

    Arguments:
        effect: the one asked about. options: level, power, effects of the curve, simulated trials.
    """
    df, error = trial.df, trial.std_error
    smallest = detectable(df, error, power=options.power, alpha=options.alpha)
    effects = options.effects or effects_around(smallest)
    effects = tuple(sorted({*effects, *(() if effect is None else (effect,))}))
    drawn = None
    if options.simulate:
        drawn = simulated_power(
            trial, np.array(effects), alpha=options.alpha, reps=options.simulate, seed=seed
        )
    curve = tuple(
        {
            "effect": one,
            "formula": power_at(one, df, error, alpha=options.alpha),
            "noncentral_t": exact_power(one, df, error, alpha=options.alpha),
            **({} if drawn is None else {"simulation": float(drawn[j])}),
        }
        for j, one in enumerate(effects)
    )
    facts = {
        "n": trial.n, "clusters": trial.clusters, "icc": trial.icc, "share": trial.share, "sd": trial.sd,
        "r2": trial.r2, "std_error": error, "df": df,
    }  # fmt: skip
    return PowerResult("", "", "trial", smallest, curve, facts, {})


def trial_for(trial: Trial, effect: float, options: PowerOptions) -> Trial:
    """The trial with the number of rows that the effect needs.

    Raises:
        SpecError: E195 no number of rows is enough.
    """
    needed = smallest_n(trial, effect, power=options.power, alpha=options.alpha)
    if needed is None:
        problem = f"with {trial.clusters} clusters no number of rows finds an effect of {effect:g}"
        raise SpecError(fault("E195", problem=problem))
    return replace(trial, n=needed)


def power_of_spec(
    spec: str | Path,
    options: PowerOptions,
    *,
    model: str | None,
    set_values: Sequence[str] = (),
    roots: Mapping[str, str | Path] | None = None,
) -> tuple[PowerResult, ...]:
    """Power of the terms of interest of a spec's models, with the variance of each on its own data.

    Arguments:
        model: the one model; by default that of the answer, else every model without its robustness rows.

    Raises:
        SpecError, DataError: of the spec and its data. EstimationError: no model could be estimated.
    """
    plan = _only_power(make_plan(spec, set_values=set_values, roots=roots), model, options)
    run = run_plan(plan)
    failures = [result.error for one in run.failed for result in one.results if result.error is not None]
    found = tuple(_of_finding(one) for one in run.findings if one.kind == KIND and one.details.get("curve"))
    if found:
        return found
    if failures:
        raise failures[0]
    raise EstimationError(fault("E195", problem="there is no term of interest with an error"))


def _only_power(plan: Plan, model: str | None, options: PowerOptions) -> Plan:
    """The plan with the models that are asked about and nothing but the test of power.

    Raises:
        SpecError: E195 there is no such model.
    """
    plain = [one for one in plan.models if one.row is None]
    answer = plan.spec.answer.model if plan.spec.answer is not None else None
    wanted = model or answer
    models = tuple(one for one in plain if wanted in (None, one.name, one.base))
    if plan.ledger is not None:
        raise SpecError(fault("E195", place=plan.resolved.tree.place, problem=text("ledger.show.no_power")))
    if not models:
        names = list(dict.fromkeys(one.name for one in plain))
        problem = f"there is no model '{wanted}'; models: {', '.join(names[:12])}"
        raise SpecError(fault("E195", suggestion=nearest(str(wanted), names), problem=problem))
    test = TestRequest(KIND, KIND, tuple(one.name for one in models), options, {}, plan.resolved.tree)
    spec = plan.spec.model_copy(update={"default_tests": False, "robustness": None})
    return replace(plan, spec=spec, models=models, tests=(test,), curve=None)


def _of_finding(finding: Finding) -> PowerResult:
    details = finding.details
    curve: Sequence[Point] = details["curve"]  # type: ignore[assignment]
    sentences: Mapping[str, str] = details["sentences"]  # type: ignore[assignment]
    group = details.get("group")
    return PowerResult(
        of=f"{finding.of}: {group}" if group else finding.of,
        term=finding.term,
        basis=str(details["basis"]),
        detectable=finding.statistic,
        curve=tuple(curve),
        facts={"df": finding.df},
        sentences=sentences,
    )
