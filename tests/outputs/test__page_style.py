import re

from impact.outputs._page_style import CONTENT_POLICY, REPORT_STYLE, STYLE


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_at_least_four_and_a_half_in_light_and_dark():
    """WCAG 2.1, success criterion 1.4.3."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", block))
        for ground in ("paper", "wash"):
            for ink in ("ink", "soft", "accent", "good", "care", "bad"):
                light, dark = sorted((luminance(colours[ground]), luminance(colours[ink])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)


def test_nothing_is_fetched():
    assert "url(" not in STYLE + REPORT_STYLE and "@import" not in STYLE + REPORT_STYLE
    assert CONTENT_POLICY.startswith("default-src 'none'")
    assert (STYLE + REPORT_STYLE).count("{") == (STYLE + REPORT_STYLE).count("}")
