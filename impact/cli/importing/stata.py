"""Do-files: the regressions that this package can run, their samples, weights and errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from impact.cli.importing.draft import Draft
from impact.cli.importing.stata_data import generate_column, keep_rows, set_panel, use_file
from impact.cli.importing.stata_expressions import Untranslatable, expression, terms
from impact.cli.importing.stata_lines import WEIGHTS, Call, call_of, command_of, logical_lines

Vcov = str | dict[str, Any]
_CSDID = {"drimp": "dr", "dripw": "dr", "reg": "reg", "stdipw": "ipw", "ipw": "ipw"}
_INSTRUMENTED = re.compile(r"\((?P<endogenous>[^=()]+)=(?P<instruments>[^()]+)\)")


def read_do_file(script: str) -> Draft:
    """What a do-file estimates."""
    draft = Draft()
    for number, line in logical_lines(script):
        found = command_of(line)
        handler = _HANDLERS.get(found[0]) if found else None
        if found is None or handler is None:
            draft.untranslated.append((number, line))
            continue
        try:
            handler(draft, call_of(*found, (number, line)))
        except Untranslatable as problem:
            draft.untranslated.append((number, f"{line}   ({problem})"))
    return draft


def _vcov(call: Call, default: Vcov = "iid") -> Vcov:
    options = call.options
    clusters = options.get("cluster") or options.get("cl")
    kind = options.get("vce", "")
    if kind.startswith("cl"):
        clusters = kind.split(maxsplit=1)[1] if " " in kind else None
    if clusters:
        names = [name.replace("#", "^").replace("i.", "") for name in clusters.split()]
        return {"cluster": names[0] if len(names) == 1 else names}
    if "robust" in options or "r" in options or kind in ("robust", "r"):
        return "hc1"
    if kind in ("hc2", "hc3"):
        return kind
    if kind.startswith("boot"):
        return {"bootstrap": {"reps": int(next(iter(re.findall(r"reps\((\d+)\)", kind)), "50"))}}
    if kind and kind not in ("ols", "unadjusted", "conventional", "oim"):
        raise Untranslatable(f"vce({kind})")
    return default


def _block(draft: Draft, call: Call, formula: str, vcov: Vcov, **more: Any) -> dict[str, Any]:
    block: dict[str, Any] = {"formula": formula, **more}
    if call.condition is not None:
        block["filter"] = expression(call.condition)
    if call.weight is not None:
        kind = WEIGHTS[call.weight[0]]
        block["weights"] = call.weight[1] if kind is None else {call.weight[1]: kind}
        if kind is None and vcov == "iid":
            vcov = "hc1"
    block["vcov"] = vcov
    draft.random |= isinstance(vcov, dict) and "bootstrap" in vcov
    return block


def _effects(text: str) -> str:
    return " + ".join(
        name.replace("##", "^").replace("#", "^").replace("i.", "") for name in text.split() if name
    )


def _formula(body: str, effects: str = "", parts: str = "") -> str:
    words = body.split()
    if not words:
        raise Untranslatable("no outcome")
    right = " + ".join(terms(words[1:])) or "1"
    formula = f"{words[0]} ~ {right}"
    return " | ".join(part for part in (formula, effects, parts) if part)


def _regress(draft: Draft, call: Call) -> None:
    draft.add(
        call.body.split()[0] if call.body else "model",
        _block(draft, call, _formula(call.body), _vcov(call), ssc="stata"), call.at,
        ("regress: classical errors unless asked otherwise; clusters: G/(G-1) x (N-1)/(N-K)",),
    )  # fmt: skip


def _areg(draft: Draft, call: Call) -> None:
    formula = _formula(call.body, _effects(call.options.get("absorb", call.options.get("a", ""))))
    draft.add(
        call.body.split()[0], _block(draft, call, formula, _vcov(call), ssc={"k": "full"}), call.at,
        ("areg: every absorbed level counts in K, also where it is nested in the clusters",),
    )  # fmt: skip


def _reghdfe(draft: Draft, call: Call) -> None:
    absorbed = "" if "noabsorb" in call.options else call.options.get("absorb", call.options.get("a", ""))
    body, instrumented = _instrumented(call.body)
    formula = _formula(body, _effects(absorbed), instrumented)
    conventions = ["singletons are dropped; effects nested in clusters do not count in K (ssc: reghdfe)"]
    if instrumented and call.name == "ivreghdfe":
        conventions.append("ivreghdfe: small-sample statistics, as here")
    draft.add(
        body.split()[0], _block(draft, call, formula, _vcov(call), ssc="reghdfe"), call.at, tuple(conventions)
    )


def _instrumented(body: str) -> tuple[str, str]:
    found = _INSTRUMENTED.search(body)
    if found is None:
        return body, ""
    sides = [" + ".join(terms(found[side].split())) for side in ("endogenous", "instruments")]
    return body.replace(found[0], " "), " ~ ".join(sides)


def _ivregress(draft: Draft, call: Call) -> None:
    words = call.body.split(maxsplit=1)
    methods = {"2sls", "liml", "gmm"}
    method, body = (
        (words[0], words[1]) if call.name == "ivregress" and words[0] in methods else ("2sls", call.body)
    )
    method = next((one for one in ("liml", "gmm2s", "gmm") if one in call.options), method).replace(
        "gmm2s", "gmm"
    )
    body, instrumented = _instrumented(body)
    if not instrumented:
        raise Untranslatable("no instruments")
    more = {} if method == "2sls" else {"estimator": "iv", "method": method}
    small = "small" in call.options
    draft.add(
        body.split()[0],
        _block(draft, call, _formula(body, "", instrumented), _vcov(call), ssc="stata" if small else "none", **more),
        call.at, (f"{call.name}: normal law and no small-sample factor unless `small`; here the t law is used",),
    )  # fmt: skip


def _xtreg(draft: Draft, call: Call) -> None:
    if draft.panel is None:
        raise Untranslatable("no xtset before it")
    unit = draft.panel[0]
    vcov = _vcov(call)
    # robust errors of xtreg are clustered by the unit
    vcov = {"cluster": unit} if vcov == "hc1" else vcov
    if "fe" in call.options:
        block = _block(draft, call, _formula(call.body, unit), vcov, ssc="stata")
    else:
        method = "between" if "be" in call.options else "random"
        block = _block(draft, call, _formula(call.body), vcov, estimator="panel", method=method)
    draft.add(call.body.split()[0], block, call.at, ("xtreg: robust means clustered by the unit",))


def _poisson(draft: Draft, call: Call) -> None:
    exposure, offset = (call.options.get(key) for key in ("exposure", "offset"))
    body = call.body
    if exposure or offset:
        body += f" offset(log({exposure}))" if exposure else f" offset({offset})"
    high = call.name == "ppmlhdfe"
    absorbed = call.options.get("absorb", call.options.get("a", "")) if high else ""
    default: Vcov = "hc1" if high else "iid"
    block = _block(draft, call, _formula(body, _effects(absorbed)), _vcov(call, default), estimator="ppml")
    robust = "ppmlhdfe: robust errors by default; separated observations and singletons are dropped"
    plain = "poisson: classical errors unless asked otherwise"
    draft.add(body.split()[0], block, call.at, (robust if high else plain,))


def _choice(draft: Draft, call: Call) -> None:
    draft.add(
        call.body.split()[0], _block(draft, call, _formula(call.body), _vcov(call), estimator=call.name), call.at,
        (f"{call.name}: coefficients, not marginal effects; normal law",),
    )  # fmt: skip


def _qreg(draft: Draft, call: Call) -> None:
    share = float(call.options.get("quantile", call.options.get("q", "0.5")))
    share = share / 100 if share >= 1 else share
    block = _block(draft, call, _formula(call.body), _vcov(call), estimator="quantile", quantiles=share)
    draft.add(call.body.split()[0], {**block, "errors": "iid"}, call.at, ("qreg: iid errors by default",))


def _csdid(draft: Draft, call: Call) -> None:
    wanted = {"unit": "ivar", "time": "time", "cohort": "gvar"}
    missing = [option for option in ("time", "gvar") if option not in call.options]
    if missing:
        raise Untranslatable(f"csdid without {', '.join(missing)}()")
    if "ivar" not in call.options:
        raise Untranslatable("repeated cross-sections (no ivar) need a unit of observation")
    design = {key: call.options[option] for key, option in wanted.items()} | {"never": 0}
    if draft.design and draft.design != design:
        raise Untranslatable("a second design")
    draft.design = design
    words = call.body.split()
    block: dict[str, Any] = {"estimator": "did_cs", "outcome": words[0]}
    if words[1:]:
        block["controls"] = list(terms(words[1:]))
    method = call.options.get("method", "drimp")
    if method not in _CSDID:
        raise Untranslatable(f"method({method})")
    block |= {"method": _CSDID[method], "control_group": "not_yet" if "notyet" in call.options else "never"}
    if call.options.get("cluster"):
        block["vcov"] = {"cluster": call.options["cluster"]}
    conventions = ["csdid: never treated unless notyet; 0 in gvar means never; analytic errors"]
    if method == "drimp" and words[1:]:
        conventions.append(
            "drimp estimates the score by inverse tilting; here dr uses logit: points differ slightly"
        )
    draft.add(words[0], block, call.at, tuple(conventions))


def _boottest(draft: Draft, call: Call) -> None:
    if not draft.models:
        raise Untranslatable("no model before it")
    wild: dict[str, Any] = {"reps": int(call.options.get("reps", "999"))}
    wild["weights"] = call.options.get("weighttype", call.options.get("weight", "rademacher")).lower()
    if "nonull" in call.options:
        wild["impose_null"] = False
    last = draft.models.pop()
    conventions = (*last.conventions, f"line {call.at[0]}: {call.at[1]} (restricted wild cluster bootstrap)")
    draft.add(last.name, {**last.block, "wild": wild}, (last.line, last.source), conventions)
    draft.random = True


def _nothing(draft: Draft, call: Call) -> None:
    """Lines that change no number: set, log, display."""


_HANDLERS: dict[str, Callable[[Draft, Call], None]] = {
    "use": use_file, "import": use_file, "insheet": use_file,
    "keep": keep_rows, "drop": keep_rows, "gen": generate_column, "generate": generate_column, "g": generate_column,
    "xtset": set_panel, "tsset": set_panel,
    "reg": _regress, "regress": _regress, "areg": _areg, "reghdfe": _reghdfe, "ivreghdfe": _reghdfe,
    "ivregress": _ivregress, "ivreg2": _ivregress, "xtreg": _xtreg,
    "ppmlhdfe": _poisson, "poisson": _poisson, "logit": _choice, "probit": _choice, "qreg": _qreg,
    "csdid": _csdid, "boottest": _boottest,
    "clear": _nothing, "set": _nothing, "version": _nothing, "log": _nothing, "display": _nothing, "di": _nothing,
    "estat": _nothing, "est": _nothing, "esttab": _nothing, "exit": _nothing, "cd": _nothing, "label": _nothing,
}  # fmt: skip
