from dataclasses import replace

from markdown_it import MarkdownIt

from impact.outputs.readme_markdown import exhibits_of, readme, write


def test_question_answer_exhibits_and_command(document, wanted):
    listed = exhibits_of(wanted, [("groups", "By | group")], [("event", "Effects")])
    text = readme(document, wanted, listed)
    assert "**fragile**: The fall of 1.5 points" in text
    assert "- [report.html](report.html): the study on one page" in text
    assert "(tables/groups.md): By \\| group" in text
    assert "(figures/event.svg): Effects" in text
    assert "    impact run specs/employment_keepjob_lima.yaml" in text
    assert "<script>" not in MarkdownIt("commonmark").render(text)


def test_first_language_and_synthetic_data(document, wanted):
    document["synthetic"] = True
    text = write(document, replace(wanted, languages=("es", "en")))["README.md"].decode()
    assert text.startswith("# Conservar el empleo")
    assert "**Datos sintéticos" in text
