"""Do-files: the regressions that this package can run, their samples, weights and errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from impact.cli.importing.draft import Draft
from impact.cli.importing.stata_expressions import Untranslatable, expression, terms

Vcov = str | dict[str, Any]
_WEIGHTS = {"aweight": "analytic", "aw": "analytic", "fweight": "frequency", "fw": "frequency",
            "pweight": None, "pw": None}  # fmt: skip
_CSDID = {"drimp": "dr", "dripw": "dr", "reg": "reg", "stdipw": "ipw", "ipw": "ipw"}
_COMMAND = re.compile(r"(?P<name>[a-z_]\w*)\s*(?P<rest>.*)", re.DOTALL)
_PREFIX = re.compile(r"^(?:qui(?:etly)?|noi(?:sily)?|cap(?:ture)?|eststo(?:\s+\w+)?\s*:?|by\w*[^:]*:)\s+")
_INSTRUMENTED = re.compile(r"\((?P<endogenous>[^=()]+)=(?P<instruments>[^()]+)\)")


@dataclass(frozen=True, slots=True)
class Call:
    """A command in parts: variables, condition, weight, options."""

    name: str
    body: str
    condition: str | None
    weight: tuple[str, str] | None
    options: dict[str, str]
    at: tuple[int, str]


def read_do_file(script: str) -> Draft:
    """What a do-file estimates."""
    draft = Draft()
    for number, line in logical_lines(script):
        command = _PREFIX.sub("", line)
        found = _COMMAND.fullmatch(command)
        handler = _HANDLERS.get(found["name"]) if found else None
        if found is None or handler is None:
            draft.untranslated.append((number, line))
            continue
        try:
            handler(draft, _call(found["name"], found["rest"], (number, line)))
        except Untranslatable as problem:
            draft.untranslated.append((number, f"{line}   ({problem})"))
    return draft


def logical_lines(script: str) -> Iterator[tuple[int, str]]:
    """Commands with the line that they begin on; comments are gone, continued lines are joined."""
    script = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), script, flags=re.DOTALL)
    waiting, began = "", 0
    for number, raw in enumerate(script.split("\n"), 1):
        continued = bool(re.search(r"\s///|^///", raw))
        line = re.sub(r"(?:^|\s)//.*$", "", raw).strip()
        if not waiting and line.startswith("*"):
            continue
        began = began or number
        waiting = f"{waiting} {line}".strip()
        if continued:
            continue
        if waiting:
            yield began, waiting.removesuffix(";").strip()
        waiting, began = "", 0


def _call(name: str, rest: str, at: tuple[int, str]) -> Call:
    body, _, tail = _at_depth_zero(rest, ",")
    weight = None
    found = re.search(r"\[\s*(\w+)\s*=\s*([^\]]+)\]", body)
    if found:
        if found[1] not in _WEIGHTS:
            raise Untranslatable(f"weights of kind {found[1]}")
        weight = (found[1], found[2].strip())
        body = body.replace(found[0], " ")
    body = re.sub(r"\s+in\s+[\d/fl-]+\s*$", "", body)
    before, separator, condition = body.partition(" if ") if " if " in body else (body, "", "")
    if body.startswith("if "):
        before, separator, condition = "", "if", body[3:]
    options = {key.lower(): value for key, value in _options(tail)}
    return Call(name, before.strip(), condition.strip() if separator else None, weight, options, at)


def _at_depth_zero(text: str, mark: str) -> tuple[str, str, str]:
    depth, quoted = 0, False
    for place, sign in enumerate(text):
        quoted ^= sign == '"'
        depth += (sign in "([") - (sign in ")]")
        if sign == mark and depth == 0 and not quoted:
            return text[:place], mark, text[place + 1 :]
    return text, "", ""


def _options(tail: str) -> Iterator[tuple[str, str]]:
    for name, inner in re.findall(r"([A-Za-z_]\w*)(\((?:[^()]|\([^()]*\))*\))?", tail):
        yield name, inner[1:-1].strip()


def _use(draft: Draft, call: Call) -> None:
    body = re.sub(r"^(?:delimited|excel)\s+", "", call.body)
    body = re.sub(r"^using\s+|.*\busing\s+", "", body).strip()
    file = body.strip('"')
    if not file:
        raise Untranslatable("no file is named")
    draft.data = file if re.search(r"\.\w+$", file) else f"{file}.dta"


def _keep(draft: Draft, call: Call) -> None:
    if call.condition is None:
        raise Untranslatable("lists of columns are not needed: only used columns are read")
    text = expression(call.condition)
    draft.filters[f"line_{call.at[0]}"] = text if call.name == "keep" else f"not ({text})"


def _generate(draft: Draft, call: Call) -> None:
    body = re.sub(r"^(?:byte|int|long|float|double)\s+", "", call.body)
    found = re.fullmatch(r"(\w+)\s*=(?!=)\s*(.+)", body, re.DOTALL)
    if found is None:
        raise Untranslatable("not of the form name = expression")
    value = expression(found[2])
    draft.derive[found[1]] = (
        value if call.condition is None else f"({value}) if {expression(call.condition)} else missing"
    )


def _xtset(draft: Draft, call: Call) -> None:
    names = call.body.split()
    if len(names) != 2:
        raise Untranslatable("a unit and a time are needed")
    draft.panel = (names[0], names[1])


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
        kind = _WEIGHTS[call.weight[0]]
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
    "use": _use, "import": _use, "insheet": _use,
    "keep": _keep, "drop": _keep, "gen": _generate, "generate": _generate, "g": _generate,
    "xtset": _xtset, "tsset": _xtset,
    "reg": _regress, "regress": _regress, "areg": _areg, "reghdfe": _reghdfe, "ivreghdfe": _reghdfe,
    "ivregress": _ivregress, "ivreg2": _ivregress, "xtreg": _xtreg,
    "ppmlhdfe": _poisson, "poisson": _poisson, "logit": _choice, "probit": _choice, "qreg": _qreg,
    "csdid": _csdid, "boottest": _boottest,
    "clear": _nothing, "set": _nothing, "version": _nothing, "log": _nothing, "display": _nothing, "di": _nothing,
    "estat": _nothing, "est": _nothing, "esttab": _nothing, "exit": _nothing, "cd": _nothing, "label": _nothing,
}  # fmt: skip
