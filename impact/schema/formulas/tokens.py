"""What a formula is made of: its signs, its functions, and the advice for what other programs write."""

from __future__ import annotations

from impact.schema.expressions.tokens import Language

FORMULAS = Language(
    name="formula",
    operators=(
        *("[[", "]]", "**", "==", "!=", "<=", ">=", "&&", "||", "..", "%in%", "##", "~", "|", "+", "-", "*"),
        *(":", "^", "(", ")", "[", "]", ",", "=", "/", "$", ".", "{", "}", "<", ">", "&", "!", "%", "#", "@"),
        *(";",),
    ),
    codes={"foreign": "E301", "syntax": "E302", "unclosed": "E311", "limit": "E307", "number": "E312",
           "large": "E310", "parts": "E303", "arguments": "E304", "step": "E309"},
)  # fmt: skip

MATHEMATICS = ("log", "exp", "sqrt", "abs")
BASES = ("poly", "ns", "bs")
LAGS = ("l", "f", "d")
STEPS = ("sw", "sw0", "csw", "csw0", "mvsw")
FUNCTIONS = (*MATHEMATICS, *BASES, *LAGS, *STEPS, "i", "c", "offset")

# Functions of other programs and what to type here.
OTHER_FUNCTIONS = {
    "C": "i", "factor": "i", "as_factor": "i", "cat": "i", "lag": "l", "L": "l", "lead": "f", "F": "f",
    "diff": "d", "D": "d", "ln": "log", "interaction": "^", "spline": "ns", "cr": "ns", "polynomial": "poly",
    "exposure": "offset",
}  # fmt: skip
# Signs that are no part of a formula: the advice of the catalogue and what to type.
OTHER_SIGNS = {
    "**": ("formula_power", "^"), "==": ("formula_derive", ""), "!=": ("formula_derive", ""),
    "<=": ("formula_derive", ""), ">=": ("formula_derive", ""), "<": ("formula_derive", ""),
    ">": ("formula_derive", ""), "&": ("formula_derive", ""), "&&": ("formula_derive", ""),
    "!": ("formula_derive", ""), "%": ("formula_derive", ""), "%in%": ("formula_derive", ""),
    "/": ("formula_arithmetic", ""), "..": ("formula_set", "$"), "##": ("formula_star", "*"),
    "#": ("formula_colon", ":"), "{": ("formula_braces", ""), "}": ("formula_braces", ""),
    ".": ("formula_attribute", ""), "||": ("formula_bars", "|"),
    "=": ("formula_equals", "~"), "@": ("sign", ""), ";": ("formula_comma", ""), "[": ("formula_slopes", ""),
    "[[": ("formula_slopes", ""), "(": ("formula_brackets", ""), "^": ("formula_combined", ""),
}  # fmt: skip
