"""R scripts: calls of fixest, did, stats and readers of data in the words of a spec."""

from __future__ import annotations

import re
from typing import Any

from impact.cli.importing.draft import Draft
from impact.cli.importing.r_calls import Call, bare_text, call_in, parsed, statements
from impact.cli.importing.stata_expressions import Untranslatable

_FITS = {"feols": None, "lm": None, "fepois": "ppml", "feglm": "glm", "femlm": "glm", "glm": "glm"}
_READERS = (
    "read.csv",
    "read_csv",
    "fread",
    "read_dta",
    "read.dta",
    "read_stata",
    "read_parquet",
    "read_excel",
    "read_sav",
)
_AGGREGATES = {"simple": "simple", "dynamic": "dynamic", "group": "cohort", "calendar": "calendar"}
_FAMILIES = {
    "logit": "logit",
    "binomial": "logit",
    "probit": "probit",
    "poisson": "ppml",
    "quasipoisson": "ppml",
}
_FIXEST = "fixest 0.13 and later: iid errors unless asked otherwise (before: clustered by the first effect)"


def read_r_script(script: str) -> Draft:
    """What an R script estimates."""
    draft = Draft()
    att_gt: dict[str, str] = {}
    for number, line in statements(script):
        found = call_in(line)
        if found is None or found["call"] in ("library", "require", "setFixest_nthreads", "options", "rm"):
            if found is None:
                draft.untranslated.append((number, line))
            continue
        try:
            call = parsed(found, (number, " ".join(line.split())))
            _translate(draft, call, att_gt)
        except Untranslatable as problem:
            draft.untranslated.append((number, f"{' '.join(line.split())}   ({problem})"))
    return draft


def _translate(draft: Draft, call: Call, att_gt: dict[str, str]) -> None:
    if call.function in _READERS:
        draft.data = bare_text(call.argument("file", 0) or call.argument("path", 0) or "")
    elif call.function in _FITS:
        _fit(draft, call)
    elif call.function == "att_gt":
        _att_gt(draft, call)
        att_gt[call.name] = draft.models[-1].name
    elif call.function == "aggte":
        _aggte(draft, call, att_gt)
    elif call.function not in (
        "etable",
        "summary",
        "print",
        "iplot",
        "coefplot",
        "ggdid",
        "set.seed",
        "modelsummary",
    ):
        raise Untranslatable(f"function {call.function}()")


def _fit(draft: Draft, call: Call) -> None:
    written = call.argument("fml", 0) or call.argument("formula", 0)
    if written is None or "~" not in written:
        raise Untranslatable("no formula")
    estimator = _FITS[call.function]
    if estimator == "glm":
        family = re.sub(
            r"\W.*",
            "",
            bare_text(call.argument("family") or ("gaussian" if call.function != "femlm" else "poisson")),
        )
        link = "probit" if "probit" in (call.argument("family") or "") else family
        if link not in _FAMILIES:
            raise Untranslatable(f"family {family}")
        estimator = _FAMILIES[link]
    formula, offset = _formula(draft, written), call.argument("offset")
    if offset:
        head, bar, tail = formula.partition(" | ")
        formula = f"{head} + offset({offset.lstrip('~ ')}){bar}{tail}"
    block: dict[str, Any] = {"estimator": estimator} if estimator else {}
    block["formula"] = formula
    weights = call.argument("weights")
    if weights:
        block["weights"] = {weights.lstrip("~ "): "analytic"}
    block["vcov"] = _vcov(call)
    conventions = [_FIXEST if call.function.startswith("fe") else f"{call.function}: iid errors"]
    if "sunab(" in formula:
        _sunab(draft, block, formula)
        conventions.append(
            "sunab: cohorts weighted by their share; never treated: cohorts beyond the last period"
        )
    draft.add(call.name or formula.split()[0], block, call.at, tuple(conventions))


def _formula(draft: Draft, written: str) -> str:
    """The formula; I(x^2) becomes a built column."""

    def built(found: re.Match[str]) -> str:
        inside = found[1].replace("^", " ** ")
        name = re.sub(r"\W+", "_", found[1]).strip("_")
        draft.derive[name] = inside
        return name

    formula = re.sub(r"\bI\(([^()]+)\)", built, " ".join(written.split()))
    formula = re.sub(r"\bfactor\((\w+)\)", r"i(\1)", formula)
    if re.search(r"\b(?:splines?|ns|bs|interaction|scale|lag)\(", formula) and "poly(" not in formula:
        raise Untranslatable("a function of the formula without a counterpart")
    return re.sub(r"\blog\(", "log(", formula)


def _vcov(call: Call) -> Any:
    cluster = call.argument("cluster")
    written = call.argument("vcov") or call.argument("se") or ""
    if cluster is None and written.startswith("~"):
        cluster = written
    if cluster:
        names = re.findall(
            r"[\w.^]+", cluster.removeprefix("c").lstrip("(") if cluster.startswith("c(") else cluster
        )
        return {"cluster": names[0] if len(names) == 1 else names}
    kind = bare_text(written).lower()
    known = {
        "": "iid",
        "iid": "iid",
        "standard": "iid",
        "hetero": "hc1",
        "hc1": "hc1",
        "white": "hc1",
        "hc2": "hc2",
        "hc3": "hc3",
    }
    if kind not in known:
        raise Untranslatable(f"vcov {written}")
    return known[kind]


def _sunab(draft: Draft, block: dict[str, Any], formula: str) -> None:
    found = re.search(r"sunab\(\s*(\w+)\s*,\s*(\w+)", formula)
    effects = [one.strip() for one in formula.split("|")[1].split("+")] if "|" in formula else []
    units = [one for one in effects if found and one != found[2]]
    if found is None or not units:
        raise Untranslatable("sunab without a unit effect")
    draft.design = {"unit": units[0], "time": found[2], "cohort": found[1]}
    outcome, _, rest = formula.partition("~")
    controls = [
        one.strip() for one in rest.split("|")[0].split("+") if "sunab(" not in one and ")" not in one
    ]
    block.pop("formula")
    block |= {"estimator": "did_sa", "outcome": outcome.strip()}
    if [one for one in controls if one not in ("1", "")]:
        block["controls"] = [one for one in controls if one not in ("1", "")]


def _att_gt(draft: Draft, call: Call) -> None:
    wanted = {"unit": "idname", "time": "tname", "cohort": "gname"}
    missing = [option for option in (*wanted.values(), "yname") if option not in call.named]
    if missing:
        raise Untranslatable(f"att_gt without {', '.join(missing)}")
    draft.design = {key: bare_text(call.named[option]) for key, option in wanted.items()} | {"never": 0}
    block: dict[str, Any] = {"estimator": "did_cs", "outcome": bare_text(call.named["yname"])}
    controls = [
        one for one in re.findall(r"[\w.]+", call.argument("xformla") or "") if one not in ("1", "NULL")
    ]
    if controls:
        block["controls"] = controls
    not_yet = bare_text(call.argument("control_group") or "nevertreated") == "notyettreated"
    block |= {
        "method": bare_text(call.argument("est_method") or "dr"),
        "control_group": "not_yet" if not_yet else "never",
    }
    if call.argument("base_period"):
        block["base_period"] = bare_text(call.named["base_period"])
    if call.argument("anticipation"):
        block["anticipation"] = int(call.named["anticipation"])
    if call.argument("clustervars"):
        block["vcov"] = {"cluster": re.findall(r"[\"'](\w+)[\"']", call.named["clustervars"])[-1]}
    draft.add(
        call.name or "att_gt", block, call.at,
        ("att_gt: 0 in gname means never; the package draws a multiplier bootstrap, here errors are analytic",),
    )  # fmt: skip


def _aggte(draft: Draft, call: Call, att_gt: dict[str, str]) -> None:
    of = call.argument("MP", 0) or ""
    kind = bare_text(call.argument("type") or "group")
    named = att_gt.get(of)
    model = next((one for one in draft.models if one.name == named), None)
    if model is None or kind not in _AGGREGATES:
        raise Untranslatable("an aggregate of a model that is not here")
    place = draft.models.index(model)
    draft.models.pop(place)
    conventions = (*model.conventions, f"line {call.at[0]}: {call.at[1]}")
    draft.add(
        model.name, {**model.block, "aggregate": _AGGREGATES[kind]}, (model.line, model.source), conventions
    )
    draft.models.insert(place, draft.models.pop())
