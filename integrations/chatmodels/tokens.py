"""A rough count of tokens, where no vendor counts them for us."""

from __future__ import annotations

import re

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTERS_A_TOKEN = 4


def rough(text: str) -> int:
    """About four characters a token, and one of a script without spaces."""
    wide = len(_UNSPACED.findall(text))
    return wide + -(-(len(text) - wide) // _LETTERS_A_TOKEN)
