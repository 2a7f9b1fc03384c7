from __future__ import annotations

from collections.abc import Callable

from impact.core.errors import Place
from impact.core.texts import LANGUAGES, catalogue
from impact.schema.expressions.context import Event, event_faults, event_notices

Run = Callable[..., list[object]]


def test_notices_and_strict_faults(run: Run) -> None:
    events: list[Event] = []
    run("log(x) + number(s)", events)
    run("std(i)", events)
    notices = event_notices(events, of="derive.z")
    assert [notice.code for notice in notices] == ["W412", "W413"]
    assert (
        notices[0].message == "logarithm of a value that is not positive in 'log(x)': 2 values became missing"
    )
    assert notices[0].of == "derive.z"
    faults = event_faults(events, Place("s.yaml", 1, 1))
    assert [fault.code for fault in faults] == ["E412"]
    assert "2 rows" in faults[0].message


def test_both_languages_have_every_text() -> None:
    first, second = (catalogue(language) for language in LANGUAGES)
    for key in first:
        if key.startswith(("language.", "expression.", "formula.")) or key[1:2] in ("3", "4"):
            assert key in second, key
