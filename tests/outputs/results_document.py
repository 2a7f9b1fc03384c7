"""A results document as a run would leave it: few treated areas, subgroups, robustness rows, a failed model."""

from __future__ import annotations

from typing import Any

CORE = (
    "model", "outcome", "group", "estimator", "term", "kind", "cohort", "time", "event_time", "estimate",
    "std_error", "statistic", "df", "p_value", "ci_low", "ci_high", "band_low", "band_high", "level", "n_obs",
    "n_treated", "mean_outcome", "share",
)  # fmt: skip


def row(model: str, term: str, estimate: float | None, error: float | None, **fields: Any) -> dict[str, Any]:
    entry: dict[str, Any] = dict.fromkeys(CORE)
    statistic = None if not error or estimate is None else estimate / error
    entry.update(
        model=model,
        term=term,
        kind="coef",
        estimator="ols",
        outcome="kept",
        estimate=estimate,
        std_error=error,
        statistic=statistic,
        df=25,
        level=0.95,
        n_obs=36478,
        n_treated=9210,
        mean_outcome=0.8011,
        p_value=None if statistic is None else 0.0041,
        ci_low=None if error is None else estimate - 2.0595 * error,
        ci_high=None if error is None else estimate + 2.0595 * error,
    )
    entry.update(fields)
    return entry


def permuted(p_value: float, low: float, high: float, **fields: Any) -> dict[str, Any]:
    return {
        "primary": "permutation",
        "primary_p": p_value,
        "primary_ci_low": low,
        "primary_ci_high": high,
        "p_permutation": p_value,
        "p_permutation_t": 0.41,
        "ci_low_permutation": low,
        "ci_high_permutation": high,
        "std_error_cr3": 0.0145834774,
        "mde80": 0.0421,
        **fields,
    }


def model(name: str, **fields: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "estimator": "ols",
        "status": "ok",
        "outcome": "kept",
        "formula": "kept ~ exposed | area_id + year",
        "sample": "main",
        "steps": [],
        "n_obs": 36478,
        "n_units": 26,
        "n_clusters": {"area_id": 26},
        "n_treated_clusters": 2,
        "vcov": {
            "kind": "cluster",
            "by": ["area_id"],
            "type": "cr1",
            "k": 5,
            "factors": {"n": 1.0001, "g": 1.04},
            "text": {
                "en": "standard errors clustered by area (CR1), factors (N-1)/(N-K) = 1.0001 and G/(G-1) = 1.0400, "
                "t with 25 degrees of freedom",
                "es": "errores estándar agrupados por área (CR1), factores (N-1)/(N-K) = 1.0001 y G/(G-1) = 1.0400, "
                "t con 25 grados de libertad",
            },
        },
        "absorbed": {"area_id": 26, "year": 4},
        "dropped_terms": {},
        "r2": 0.012345,
        "r2_within": 0.00071,
        "weights": {"variable": "n_employed", "kind": "frequency"},
        "converged": True,
        "warnings": ["W511"],
        "error": None,
        "base": name.split("[", maxsplit=1)[0],
        "cell": {},
        "row": None,
        "expect": None,
        "focus": ["exposed"],
        "groups": {},
        "extra": {
            "mean_outcome": 0.8011,
            "rmse": 0.397,
            "exposure_mean": 0.25,
            "exposure_sd": 0.433,
            "permutation": {
                "unit": "area_id",
                "n_sets": 325,
                "n_left_out": 0,
                "enumerated": True,
                "smallest_p": 1 / 325,
                "size": 2,
                "estimates": {
                    "exposed": [round(-0.04 + 0.0008 * (k % 101) - 0.0001 * (k % 7), 7) for k in range(325)]
                },
            },
        },
    }
    entry.update(fields)
    return entry


SEXES, AGES = ("women", "men"), ("14-24", "25-39", "40-64")


def group_rows() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rows, groups = [], {}
    for s, sex in enumerate(SEXES):
        for a, age in enumerate(AGES):
            name = f"sex={sex};age_group={age}"
            estimate = -0.1057607 + 0.03 * a + 0.05 * s
            entry = row("groups", "exposed", estimate, 0.0213 + 0.004 * a, group=name, n_obs=2635 + 1000 * a)
            entry.update(n_treated=501, share=0.0722, verdict="inconclusive", **permuted(0.228, -0.28, 0.07))
            rows.append(entry)
            groups[name] = {"status": "ok", "n_obs": entry["n_obs"], "error": None}
            for e, level in enumerate(("low", "university")):
                inner = f"{name};education={level}"
                if (sex, age, level) == ("men", "14-24", "university"):
                    groups[inner] = {
                        "status": "failed",
                        "n_obs": 12,
                        "error": "E503 the treatment does not vary",
                    }
                    continue
                small = (sex, age, level) == ("women", "14-24", "university")
                fine = row(
                    "groups", "exposed", estimate + 0.01 * e, 0.05, group=inner, n_obs=7 if small else 640
                )
                fine.update(n_treated=4 if small else 120, share=0.011, verdict="inconclusive")
                fine.update(permuted(0.31, -0.33, 0.12))
                rows.append(fine)
                groups[inner] = {"status": "ok", "n_obs": fine["n_obs"], "error": None}
    everybody = row("groups", "exposed", -0.0149024, 0.0047, verdict="inconclusive", share=1.0)
    everybody.update(permuted(0.372, -0.0512, 0.0224))
    return [*rows, everybody], groups


def robustness() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    cases = {
        "all_areas": (-0.0229805, 0.0048, 0.040, None),
        "without_jungle": (-0.0131, 0.0051, 0.41, None),
        "placebo_2016": (-0.0140814, 0.0052, 0.33, "no_effect"),
        "area_trends": (0.0004, 0.0092, 0.97, None),
    }
    rows, models = [], {}
    for name, (estimate, error, p_value, expect) in cases.items():
        full = f"main[row={name}]"
        entry = row(full, "exposed", estimate, error, n_obs=30000 + len(name))
        entry.update(permuted(p_value, estimate - 0.04, estimate + 0.04))
        rows.append(entry)
        models[full] = model(full, base="main", row=name, expect=expect, n_obs=entry["n_obs"])
    full = "main[row=callao_alone]"
    models[full] = model(
        full, base="main", row="callao_alone", status="failed", error="E504 one treated area only, n|a <b>"
    )
    return rows, models


def build() -> dict[str, Any]:
    main = row("main", "exposed", -0.0149024, 0.0047, verdict="fragile", bound=0.02, equivalence_p=0.31)
    main.update(permuted(0.372, -0.0512, 0.0224))
    control = row("main", "tenure", 0.00004, 0.00031, n_treated=None)
    events = []
    for year, estimate in ((2015, 0.0031), (2017, -0.0125), (2018, -0.0171)):
        entry = row("event", f"year::{year}:treated", estimate, 0.006, kind="event", time=year)
        entry.update(permuted(0.37, estimate - 0.04, estimate + 0.035))
        entry.update(band_low=estimate - 0.055, band_high=estimate + 0.05)
        events.append(entry)
    grouped, groups = group_rows()
    robust, robust_models = robustness()
    return {
        "schema": "impact-results-1",
        "study": "employment_keepjob_lima",
        "impact": "0.1.0",
        "spec_sha256": "1f0c2a3b" + "0" * 56,
        "domain": "employment",
        "seed": 7,
        "title": {
            "en": "Keeping a job, Lima & Callao <script>alert(1)</script>",
            "es": "Conservar el empleo, Lima y Callao: ñandú",
        },
        "question": {
            "en": "Did the arrival of migrants lower the chance of keeping a job?",
            "es": "¿La llegada de migrantes redujo la probabilidad de conservar el empleo?",
        },
        "notes": [
            {
                "en": "Areas are departments; | Lima is split_in two.",
                "es": "Las áreas son departamentos; | Lima se divide.",
            }
        ],
        "labels": {
            "kept": {"en": "Kept employment", "es": "Mantuvo el empleo"},
            "exposed": {"en": "Exposed (Lima, 2017 on)", "es": "Expuesta (Lima, desde 2017)"},
            "area_id": {"en": "area", "es": "área"},
            "year": {"en": "year", "es": "año"},
            "tenure": {"en": "=cmd()|\\input{/etc/passwd}", "es": "=cmd()|\\input{/etc/passwd}"},
            "sex=women": {"en": "Women", "es": "Mujeres"},
            "men": {"en": "Men", "es": "Hombres"},
            "low": {"en": "Low education", "es": "Educación baja"},
            "university": {"en": "University", "es": "Universidad"},
            "main": {"en": "Main", "es": "Principal"},
            "placebo_2016": {"en": "Placebo: 2016 against 2015", "es": "Placebo: 2016 frente a 2015"},
            "all_areas": {"en": "All areas, <b>departments</b>", "es": "Todas las áreas"},
        },
        "unit_of_exposure": None,
        "synthetic": False,
        "languages": ["en", "es"],
        "data": {
            "main": {
                "file": "data/peru_enaho_panel_cells.csv",
                "sha256": "ab" * 32,
                "rows": 60361,
                "source": "INEI, ENAHO",
                "citation": "INEI (2021)",
                "licence": "open",
                "access": "public",
            }
        },
        "samples": {
            "main": {
                "read": 120000,
                "steps": [
                    {
                        "name": "working_age",
                        "reason": "filter",
                        "dropped": 41203,
                        "false": 40990,
                        "missing": 213,
                    },
                    {"name": "urban", "reason": "filter", "dropped": 42319, "false": 42319, "missing": 0},
                ],
                "used": 36478,
            }
        },
        "models": {
            "main": model("main", dropped_terms={"tenure2": "collinear with tenure"}),
            "groups": model("groups", groups=groups),
            "event": model("event", focus=[e["term"] for e in events]),
            "broken": model(
                "broken",
                status="failed",
                error="E501 the treatment is absorbed",
                extra={},
                r2=None,
                r2_within=None,
                n_obs=None,
                n_clusters={},
                n_treated_clusters=None,
                absorbed={},
            ),
            **robust_models,
        },
        "rows": [main, control, *events, *grouped, *robust],
        "tests": [
            {
                "test": "bound",
                "kind": "equivalence",
                "of": "main",
                "term": "exposed",
                "statistic": 0.5,
                "df": None,
                "df2": None,
                "p_value": 0.31,
                "ci_low": -0.0451,
                "ci_high": 0.0173,
                "verdict": "inconclusive",
                "sentence": {
                    "en": "The interval leaves the bound of 0.02: neither an effect nor its absence is shown.",
                    "es": "El intervalo rebasa la cota de 0.02: no se muestra ni un efecto ni su ausencia.",
                },
                "details": {"bound": 0.02},
            },
            {
                "test": "drop_one",
                "kind": "leave_one_out",
                "of": "main",
                "term": "exposed",
                "statistic": None,
                "df": None,
                "df2": None,
                "p_value": None,
                "ci_low": -0.021,
                "ci_high": -0.009,
                "verdict": "note",
                "sentence": "Without one control area at a time the estimate lies between -0.021 and -0.009.",
                "details": {},
            },
        ],
        "published": [
            {
                "table": "T1",
                "model": "main",
                "term": "exposed",
                "stat": "estimate",
                "published": -0.015,
                "printed": "-0.015",
                "ours": -0.0149024,
                "difference": 0.0000976,
                "tolerance": 0.0005,
                "match": "rounded",
                "verdict": "rounds_equal",
                "evidence": "press",
                "source": "Bank report 2020",
            },
            {
                "table": "T1",
                "model": "main",
                "term": "exposed",
                "stat": "se",
                "published": 0.017,
                "printed": "0.017",
                "ours": 0.0047,
                "difference": -0.0123,
                "tolerance": 0.0005,
                "match": "rounded",
                "verdict": "differs",
                "evidence": "table",
                "source": "Bank report 2020",
            },
            {
                "table": "T1",
                "model": "main",
                "term": "tenure",
                "stat": "estimate",
                "published": None,
                "printed": "n/a",
                "ours": 0.00004,
                "difference": None,
                "tolerance": None,
                "match": "rounded",
                "verdict": "not_available",
                "evidence": "table",
                "source": "Bank report 2020",
            },
        ],
        "claims": [
            {
                "claim": "young_women",
                "text": {
                    "en": "Mainly women aged 14-24 with low education",
                    "es": "Sobre todo mujeres de 14 a 24 años con baja educación",
                },
                "state": "cannot_tell",
                "detail": {
                    "en": "the difference between the groups has p 0.31",
                    "es": "la diferencia entre los grupos tiene p 0.31",
                },
                "evidence": "cited",
                "source": "policy paper, section 5",
            },
        ],
        "notices": [
            {
                "code": "W511",
                "of": "main",
                "message": {
                    "en": "treatment in 2 of 26 clusters: the permutation distribution is read",
                    "es": "tratamiento en 2 de 26 conglomerados: se lee la distribución de permutación",
                },
            },
            {
                "code": "W514",
                "of": "groups (sex=women)",
                "message": {
                    "en": "4 treated observations in a period",
                    "es": "4 observaciones tratadas en un periodo",
                },
            },
            {"code": "W101", "of": "", "message": "an odd key <img src=x onerror=alert(1)>"},
        ],
        "answer": {
            "model": "main",
            "term": "exposed",
            "verdict": "fragile",
            "sentence": {
                "en": "The fall of 1.5 points looks no different from the other pairs of areas.",
                "es": "La caída de 1.5 puntos no se distingue de la de otros pares de áreas.",
            },
            "reasons": [
                {
                    "en": "the placebo of 2016 is as large as the effect",
                    "es": "el placebo de 2016 es tan grande como el efecto",
                }
            ],
        },
    }
