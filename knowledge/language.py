"""Which language a text is in; how it is searched follows from that (`knowledge.tokens`).

The script settles most alphabets by itself; only what is left goes to the statistical model, which is
loaded when first needed.
"""

import re
from functools import cache
from typing import Final, Protocol

_SAMPLE: Final = 20_000
_LETTERS_NEEDED: Final = 12
_SURE: Final = 0.6

# A script that one language uses, or nearly so.
_SCRIPTS: Final = (
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("th", re.compile("[\u0e01-\u0e5b]")),
    ("lo", re.compile("[\u0e81-\u0edf]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("my", re.compile("[\u1000-\u109f]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("hy", re.compile("[\u0531-\u0587]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("kn", re.compile("[\u0c80-\u0cff]")),
    ("ml", re.compile("[\u0d00-\u0d7f]")),
    ("gu", re.compile("[\u0a80-\u0aff]")),
    ("pa", re.compile("[\u0a00-\u0a7f]")),
    ("si", re.compile("[\u0d80-\u0dff]")),
    ("am", re.compile("[\u1200-\u137f]")),
)
_KANA: Final = re.compile("[\u3041-\u30ff]")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_ADDRESSES: Final = re.compile(r"https?://\S+|\S{1,64}@\S+")

# The model knows more names than ISO 639-1 has; near relatives are read as the language they are close to.
_ALIASES: Final = {"ary": "ar", "arz": "ar", "nb": "no", "nn": "no", "pcm": "en"}


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def detect(text: str) -> str:
    """The language as ISO 639-1 code, or "" where the text is too short or too mixed to say."""
    sample = _ADDRESSES.sub(" ", text[:_SAMPLE])
    letters = len(_LETTER.findall(sample))
    by_script = _by_script(sample, letters)
    if by_script or letters < _LETTERS_NEEDED:
        return by_script
    code, probability = _model().classify(sample)
    code = _ALIASES.get(code, code)
    return code if probability >= _SURE and len(code) == 2 else ""


def _by_script(sample: str, letters: int) -> str:
    if sample.isascii() or not letters:
        return ""
    han, kana = len(_HAN.findall(sample)), len(_KANA.findall(sample))
    if han + kana > letters * 0.3:
        return "ja" if kana > (han + kana) * 0.1 else "zh"
    for code, script in _SCRIPTS:
        if len(script.findall(sample)) > letters * 0.4:
            return code
    return ""


@cache
def _model() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 -- half a second and 40 MB

    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier
