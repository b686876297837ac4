"""What a sentence must not say otherwise than its source: figures, names and denials; pure.

In: a sentence and the text it is held against. Out: whether they agree. Words of a language are matched roughly, by
what is written; what is not known here (a language's denials, a script without capitals) is not held against anybody.
"""

from __future__ import annotations

import re
import unicodedata

from integrations.chatmodels import words
from knowledge import language

_FIGURE = re.compile(r"\d+(?:[.,٫٬'\u00a0\u202f]\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:[.,٬'\u00a0\u202f]\d{3})+")
_NUMBERS = {
    word: str(number)
    for number, spelled in {
        0: "zero", 1: "one uno una un eins ein eine einen uma um",
        2: "two twice dos zwei deux dois duas due twee",
        3: "three tres drei trois três tre drie",
        4: "four cuatro vier quatre quatro quattro",
        5: "five cinco fünf cinq cinque vijf",
        6: "six seis sechs sei zes", 7: "seven siete sieben sept sete sette zeven",
        8: "eight ocho acht huit oito otto", 9: "nine nueve neun neuf nove negen",
        10: "ten diez zehn dix dez dieci tien", 11: "eleven elf onze undici",
        12: "twelve doce zwölf douze doze dodici twaalf",
        15: "fifteen quince fünfzehn quinze quindici", 20: "twenty veinte zwanzig vingt vinte venti twintig",
        30: "thirty treinta dreißig trente trinta trenta dertig", 40: "forty", 50: "fifty", 60: "sixty", 90: "ninety",
        100: "hundred cien hundert cent cem cento honderd",
    }.items()
    for word in spelled.split()
}  # fmt: skip
_MONTHS = {
    name: str(number)
    for number, names in enumerate(
        [
            "january enero januar janvier",
            "february febrero februar février",
            "march marzo märz mars",
            "april abril avril",
            "may mayo mai",
            "june junio juni juin",
            "july julio juli juillet",
            "august agosto août",
            "september septiembre septembre",
            "october octubre oktober octobre",
            "november noviembre novembre",
            "december diciembre dezember décembre",
        ],
        1,
    )
    for name in names.split()
}
_HAN = dict(
    zip(
        "〇一二三四五六七八九十两兩百",
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "2", "2", "100"],
        strict=True,
    )
)
_HAN_NUMBER = re.compile("[〇一二三四五六七八九十两兩百]")

_DENIALS = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "cannot",
        "none",
        "nor",
        "neither",
        "nobody",
        "nothing",
        "nowhere",
        "isnt",
        "arent",
        "wasnt",
        "werent",
        "dont",
        "doesnt",
        "didnt",
        "wont",
        "wouldnt",
        "cant",
        "couldnt",
        "shouldnt",
        "hasnt",
        "havent",
        "hadnt",
        "unable",
        "nunca",
        "sin",
        "ni",
        "jamás",
        "ningún",
        "ninguna",
        "ninguno",
        "tampoco",
        "nicht",
        "kein",
        "keine",
        "keinen",
        "keiner",
        "keinem",
        "keines",
        "nie",
        "niemals",
        "ohne",
        "weder",
        "ne",
        "pas",
        "jamais",
        "sans",
        "aucun",
        "aucune",
        "não",
        "nem",
        "sem",
        "nenhum",
        "nenhuma",
        "non",
        "né",
        "senza",
        "mai",
        "nessun",
        "nessuna",
        "niet",
        "geen",
        "nooit",
        "zonder",
        "не",
        "нет",
        "без",
        "нельзя",
        "никогда",
        "ни",
        "δεν",
        "μην",
        "όχι",
        "χωρίς",
        "लا",
        "لم",
        "لن",
        "ليس",
        "ليست",
        "غير",
        "بدون",
        "دون",
        "नहीं",
        "न",
        "मत",
        "बिना",
        "değil",
        "yok",
        "không",
        "chưa",
        "nu",
        "fără",
    ]
)
_DENYING_SIGNS = re.compile("[不没沒無无未非勿]|ない|ません|なかっ|なく|ず(?=[、。にと])|않|없|못|아니|ไม่|มิได้")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SPOKEN = re.compile(r"[^\W_][^\s.,;:!?()\[\]\"«»“”।॥،؟]*")
# Words on either side of a denial that say what it denies, and the share of them that must be the same.
_NEAR_SAID, _NEAR_SOURCE, _SAME = 3, 4, 0.6
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞА-ЯΑ-Ω]")


def figures(text: str) -> frozenset[str]:
    """Its figures, whatever the script and however they are grouped."""
    return frozenset(_plain(found) for found in _FIGURE.findall(unicodedata.normalize("NFKC", text)))


def spelled(text: str) -> frozenset[str]:
    """Figures that stand in words."""
    found = {(_NUMBERS.get(word) or _MONTHS.get(word)) for word in words.plain(text)}
    signs = {_HAN[sign] for sign in _HAN_NUMBER.findall(text)}
    return frozenset(one for one in found | signs if one)


def _plain(figure: str) -> str:
    if figure.isascii() and figure.isdigit():
        return figure
    ascii_digits = "".join(str(unicodedata.digit(sign, 0)) if sign.isdigit() else sign for sign in figure)
    if _GROUPED.fullmatch(ascii_digits):
        return re.sub(r"\D", "", ascii_digits)
    head, _, tail = re.sub(r"[,٫]", ".", ascii_digits).rpartition(".")
    head = re.sub(r"\D", "", head)
    return f"{head}.{tail.rstrip('0')}".rstrip(".") if head else tail


def told(text: str) -> frozenset[str]:
    """Every figure that the text can be the source of, in digits or words."""
    return figures(text) | spelled(text)


def denials(text: str) -> int:
    return sum(_denies(word) for word in _SPOKEN.findall(text)) + len(_DENYING_SIGNS.findall(text))


def denied(text: str, *, near: int) -> list[frozenset[str]]:
    """Of each denial in a language with spaces, the words that stand near it, as they are compared."""
    said = _SPOKEN.findall(text)
    places = [at for at, word in enumerate(said) if _denies(word)]
    return [frozenset(words.content(" ".join(said[max(0, at - near) : at + near + 1]))) for at in places]


def is_denied(said: frozenset[str], source: str) -> bool:
    """Whether the source denies the very words that are said."""
    return any(one and len(one & said) >= _SAME * len(one) for one in denied(source, near=_NEAR_SAID))


def denies_the_same(said: str, source: str) -> bool:
    """Whether what is said denies is denied in the source: near one denial there stands what stands near one here."""
    theirs = denied(source, near=_NEAR_SOURCE)
    return all(not own or any(own & other for other in theirs) for own in denied(said, near=_NEAR_SAID)[:3])


def _denies(word: str) -> bool:
    plain = word.casefold().replace("'", "").replace("’", "")
    return plain in _DENIALS


def names(text: str) -> frozenset[str]:
    """Words with a capital that no sentence's beginning explains, as they are compared; none in German, where every
    noun has one."""
    found = list(_WORD.finditer(text))
    inner = [one for at, one in enumerate(found) if at and _CAPITAL.match(one[0]) and not _opens(text, one.start())]
    if not inner or language.detect(text) == "de":
        return frozenset()
    return frozenset(stem for one in inner for stem in words.content(one[0]))


def _opens(text: str, at: int) -> bool:
    return text[:at].rstrip(" \"'“„«(*_").endswith((".", "!", "?", ":", "-", "–", "•", "\n"))
