"""What keys and card numbers look like, on both sides of a talk; pure.

Vendors' keys by the beginnings that their vendors gave them; cards by the lengths of their kind and by Luhn's sum, so
that somebody's order is none.
"""

from __future__ import annotations

import re

KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?:sk-(?:ant-|proj-|or-|live-|test-)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}"
    r"|(?:sk|rk|pk|ak)_(?:live|test)_[A-Za-z0-9_-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})"
)
PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?!-----END)[\s\S]){0,20000}(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
# How long the numbers of a kind are, by what they begin with.
_CARDS: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = (
    (("4",), (13, 16, 19)),
    (("34", "37"), (15,)),
    (("2", "5"), (16,)),
    (("3",), (14, 15, 16)),
    (("6",), (16, 17, 18, 19)),
)


def is_card(number: str) -> bool:
    digits = "".join(sign for sign in number if sign.isdigit())
    lengths = next((lengths for begins, lengths in _CARDS if digits.startswith(begins)), ())
    values = [int(digit) for digit in reversed(digits)]
    total = sum(value if at % 2 == 0 else sum(divmod(2 * value, 10)) for at, value in enumerate(values))
    return len(digits) in lengths and total % 10 == 0 and len(set(digits)) > 1
