"""Lines of do-files: comments, continued lines, and commands in parts."""

from impact.cli.importing.stata_lines import call_of, command_of, logical_lines


def test_comments_and_continued_lines():
    script = "* note\n/* two\nlines */\nreg y x /// first\n  z, ///\n  robust // end\nreg y x"
    assert list(logical_lines(script)) == [(4, "reg y x z, robust"), (7, "reg y x")]


def test_a_command_in_parts():
    name, rest = command_of("qui reg y x if z == 1 [pw = w], vce(cluster id) level(90)")
    call = call_of(name, rest, (3, "reg"))
    assert (call.name, call.body, call.condition) == ("reg", "y x", "z == 1")
    assert call.weight == ("pw", "w")
    assert call.options == {"vce": "cluster id", "level": "90"}
    assert command_of("1 + 2") is None
