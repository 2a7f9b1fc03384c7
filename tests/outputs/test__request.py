from impact.outputs._request import OutputRequest


def test_the_language_is_in_the_name_where_several_are_written():
    assert OutputRequest().file("t", "md", "en") == "t.md"
    assert OutputRequest(languages=("en", "es")).file("t", "md", "es") == "t.es.md"
