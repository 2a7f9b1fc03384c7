"""The Python face: regressions, studies, and how they show themselves."""
