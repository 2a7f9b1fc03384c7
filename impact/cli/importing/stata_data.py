"""Commands of a do-file that read data, choose rows and build columns."""

from __future__ import annotations

import re

from impact.cli.importing.draft import Draft
from impact.cli.importing.stata_expressions import Untranslatable, expression
from impact.cli.importing.stata_lines import Call


def use_file(draft: Draft, call: Call) -> None:
    """use, import, insheet."""
    body = re.sub(r"^(?:delimited|excel)\s+", "", call.body)
    body = re.sub(r"^using\s+|.*\busing\s+", "", body).strip()
    file = body.strip('"')
    if not file:
        raise Untranslatable("no file is named")
    draft.data = file if re.search(r"\.\w+$", file) else f"{file}.dta"


def keep_rows(draft: Draft, call: Call) -> None:
    """Keep if, drop if."""
    if call.condition is None:
        raise Untranslatable("lists of columns are not needed: only used columns are read")
    text = expression(call.condition)
    draft.filters[f"line_{call.at[0]}"] = text if call.name == "keep" else f"not ({text})"


def generate_column(draft: Draft, call: Call) -> None:
    """Generate."""
    body = re.sub(r"^(?:byte|int|long|float|double)\s+", "", call.body)
    found = re.fullmatch(r"(\w+)\s*=(?!=)\s*(.+)", body, re.DOTALL)
    if found is None:
        raise Untranslatable("not of the form name = expression")
    value = expression(found[2])
    draft.derive[found[1]] = (
        value if call.condition is None else f"({value}) if {expression(call.condition)} else missing"
    )


def set_panel(draft: Draft, call: Call) -> None:
    """xtset, tsset."""
    names = call.body.split()
    if len(names) != 2:
        raise Untranslatable("a unit and a time are needed")
    draft.panel = (names[0], names[1])
