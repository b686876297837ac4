"""How a text becomes the words that PostgreSQL searches: the configuration of its language, and pairs of letters where
a script puts no spaces. Used alike for what is stored and for what is asked; pure.
"""

import re
from typing import Final

# PostgreSQL 18's built-in configurations by ISO 639-1 code.
_CONFIGS: Final = {
    "ar": "arabic",
    "hy": "armenian",
    "eu": "basque",
    "ca": "catalan",
    "da": "danish",
    "nl": "dutch",
    "en": "english",
    "et": "estonian",
    "fi": "finnish",
    "fr": "french",
    "de": "german",
    "el": "greek",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "ga": "irish",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "es": "spanish",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}

_UNSPACED: Final = re.compile(
    "(?:[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ec9\u0edc-\u0edf\u1000-\u103f\u1050-\u109f\u1780-\u17d3"
    "\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff])+"
)


def config_for(language: str) -> str:
    return _CONFIGS.get(language, "simple")


def is_unspaced(text: str) -> bool:
    """Whether the text has words in a script without spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def bigrams(text: str) -> str:
    """Runs of letters in scripts without spaces become pairs of neighbours with spaces between them."""
    return text if text.isascii() else _UNSPACED.sub(_pairs, text)


def _pairs(found: re.Match[str]) -> str:
    run = found.group()
    pairs = run if len(run) == 1 else " ".join(run[i : i + 2] for i in range(len(run) - 1))
    before, after = found.string[found.start() - 1 : found.start()], found.string[found.end() : found.end() + 1]
    return f"{' ' if before.isalnum() else ''}{pairs}{' ' if after.isalnum() else ''}"
