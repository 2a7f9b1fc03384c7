"""Statements of R scripts: lines, comments, calls in parts."""

from impact.cli.importing.r_calls import call_in, parsed, statements
from impact.cli.importing.r_script import read_r_script


def test_statements_over_lines_and_comments():
    script = "library(did) # one\n# two\nm <- feols(y ~ x +\n  z | id,\n  df)  # three\nx <- 'a # b'\n"
    assert [number for number, _ in statements(script)] == [1, 3, 6]
    assert read_r_script(script).models[0].block["formula"] == "y ~ x + z | id"


def test_a_call_in_parts():
    call = parsed(
        call_in("m <- fixest::feols(y ~ f(x, 2), df, cluster = ~ a + b, w = c('u', \"v,w\"))"), (1, "")
    )
    assert (call.name, call.function) == ("m", "feols")
    assert call.positional == ("y ~ f(x, 2)", "df")
    assert call.named == {"cluster": "~ a + b", "w": "c('u', \"v,w\")"}
    assert call.argument("fml", 0) == "y ~ f(x, 2)" and call.argument("data", 5) is None
