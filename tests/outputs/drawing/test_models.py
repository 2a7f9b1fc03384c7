import pytest

from impact.core.errors import OutputError
from impact.outputs._request import OutputRequest
from impact.outputs.drawing.models import chosen_models
from impact.schema.display import FigureBlock

ASKED = OutputRequest(model_order=("main", "event", "groups", "broken"))


def test_named_models_or_all(document):
    assert chosen_models("f", FigureBlock(), document, ASKED) == ["main", "event", "groups", "broken"]
    assert chosen_models("f", FigureBlock(model="event", models=["main"]), document, ASKED) == [
        "event",
        "main",
    ]
    document["models"]["ols[y=a]"] = {"base": "ols", "row": None}
    assert chosen_models("f", FigureBlock(models="ols"), document, ASKED) == ["ols[y=a]"]


def test_unknown_names_are_refused(document):
    with pytest.raises(OutputError, match="E710") as caught:
        chosen_models("f", FigureBlock(model="mian"), document, ASKED)
    assert caught.value.suggestion == "main"
