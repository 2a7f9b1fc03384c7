"""Functions of place codes of Peru: lost zeros put back, departments and provinces, names and codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from impact.core.ubigeo import CODES, DEPARTMENTS, FROM_RENIEC, SYSTEMS, full_code, plain
from impact.schema.expressions.context import Use
from impact.schema.expressions.functions_row import Function
from impact.schema.expressions.functions_text import to_text
from impact.schema.expressions.values import Value, map_texts, missing_in


def _codes(use: Use) -> Value:
    """The argument as codes of INEI: zeros put back and counted; what is no code is missing and counted.

    Raises:
        DataError: E414 another system than known, or codes of another system that only its own table can map.
    """
    written = to_text(use)
    codes = map_texts(written, full_code)
    bad = np.asarray(missing_in(codes) & ~missing_in(written))
    use.unconverted("place_code", written, bad)
    lost = map_texts(
        written, lambda value: float(full_code(value) not in (None, value.strip())), kind="number"
    )
    use.scope.report("repaired", "zeros", use.call, np.asarray(np.equal(lost, 1.0)))  # type: ignore[arg-type]
    return _from_system(use, codes)


def _from_system(use: Use, codes: Value) -> Value:
    (system,) = use.keywords.get("from", ("inei",))
    if system not in SYSTEMS:
        raise use.problem("system", values={"names": ", ".join(SYSTEMS)})
    if system == "inei":
        return codes
    below = map_texts(codes, lambda code: float(len(code) > 2), kind="number")
    if use.call.function != "department" and bool(np.any(np.equal(below, 1.0))):  # type: ignore[arg-type]
        raise use.problem("districts", values={"system": str(system).upper()})
    table = FROM_RENIEC if system == "reniec" else dict(zip(DEPARTMENTS, DEPARTMENTS, strict=True))
    return map_texts(codes, lambda code: table[code[:2]])


def _ubigeo(use: Use) -> Value:
    return _codes(use)


def _department(use: Use) -> Value:
    return map_texts(_codes(use), lambda code: code[:2])


def _province(use: Use) -> Value:
    codes = _codes(use)
    provinces = map_texts(codes, lambda code: code[:4] if len(code) >= 4 else None)
    use.unconverted("province_code", codes, np.asarray(missing_in(provinces) & ~missing_in(codes)))
    return provinces


def _named(table: Callable[[str], str | None], what: str) -> Function:
    def apply(use: Use) -> Value:
        given = _codes(use) if what == "place_code" else to_text(use)
        found = map_texts(given, table)
        if what != "place_code":
            use.unconverted(what, given, np.asarray(missing_in(found) & ~missing_in(given)))
        return found

    return apply


PLACE_FUNCTIONS: Mapping[str, Function] = {
    "ubigeo": _ubigeo,
    "department": _department,
    "province": _province,
    "department_name": _named(lambda code: DEPARTMENTS[code[:2]], "place_code"),
    "department_code": _named(lambda name: CODES.get(plain(name)), "department_name"),
}
