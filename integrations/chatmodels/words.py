"""Words as they are compared: without case and endings, without those that every sentence has; bigrams where a script
puts no space between words. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
# Vowel signs and points are no letters to Python, and would cut a word of Hindi or pointed Arabic into pieces.
_SIGNS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0962\u0963\u0980-\u0983\u09bc-\u09cd"
    "\u0a01-\u0a51\u0abc-\u0acd\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c3e-\u0c56\u0cbc-\u0cd6\u0d3e-\u0d4d"
)
_RUN = re.compile(f"[{_UNSPACED}]+|(?:[^\\W_{_UNSPACED}]|[{_SIGNS}])+(?:[.,][0-9]+)*")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_ARABIC = re.compile("[\u0620-\u064a]")
_LATIN = re.compile(r"[a-z\u00df-\u024f]+")
_ENDINGS = ("ings", "ing", "ies", "ed", "es", "s", "en", "e", "a", "o", "y")
_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال", "و", "ب", "ل")  # Arabic writes them on to the word
_STEM = 3  # letters that an ending or an article must leave

STOPWORDS: dict[str, frozenset[str]] = {
    language: frozenset(small.split())
    for language, small in {
        "en": "a about after all also am an and any are as at be been but by can could did do does for from "
        "get give had has have he how i if in into is it its just like long make many me much must my "
        "need no not of on or our out please shall she should so some tell than that the their them then "
        "there they this to until up us was we were what when where which who whom whose why will with "
        "within would you your",
        "es": "a al algo como con cuando cuál cuáles cuándo cuánta cuánto cuántos cómo de del desde donde "
        "dónde el ella ellos en es esta este esto está están hay la las le les lo los mi mis muy más no "
        "nos o para pero por porque puede puedo que quien quién qué se ser si sin sobre son su sus "
        "también te tengo tiene tu un una uno unos y yo",
        "de": "ab aber als am an auch auf aus bei bin bis da das dass dem den der des die dies diese du ein "
        "eine einem einen einer es für gibt haben hat ich ihr im in ist kann können man mein meine mich "
        "mir mit muss nach nicht noch oder sie sind so um und uns unser vom von vor wann warum was "
        "welche welcher wenn wer wie wir wird wo zu zum zur über",
        "fr": "a au aux avec ce ces cette combien comment dans de des du elle en est et il ils je la le les "
        "leur lui ma mais me mes mon ne nos notre nous on ou où par pas peut peux plus pour quand que "
        "quel quelle quelles qui sa se ses son sont sur ta te tu un une vos votre vous y à être",
        "pt": "a ao aos as até com como da das de do dos e ela ele em está eu há isso mais mas me meu minha na "
        "nas no nos não o onde os ou para pela pelo pode por posso quais qual quando quanta quanto que "
        "quem se sem ser seu sua são também tem um uma você é",
        "it": "a al alla che chi ci come con cosa da dal dei del della delle di dove e gli ha ho i il in io la "
        "le lo ma mi mia mio nel nella non o per perché più posso può quale quali quando quanta quanto "
        "se si sono su sul tra tu un una vi è",
        "nl": "aan al als bij dat de die dit door een en er ga geen heb heeft het hoe hoeveel ik in is kan "
        "kunnen lang maar me met mij mijn moet naar niet of om onder ons op over te tot u uit uw van "
        "voor waar wanneer wat we welke wie wij ze zijn",
    }.items()
}
_STOPPED = frozenset().union(*STOPWORDS.values())


def content(text: str) -> list[str]:
    """The words that say something, in order, as they are compared."""
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _IS_UNSPACED.match(run):
            found.extend(run[at : at + 2] for at in range(max(1, len(run) - 1)))
        elif run not in _STOPPED:
            found.append(stem(run))
    return found


def stem(word: str) -> str:
    """A word without its ending: rough, and the same for both sides."""
    if _LATIN.fullmatch(word):
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _STEM:
                return word[: -len(ending)]
    if _ARABIC.match(word):
        for article in _ARTICLES:
            if word.startswith(article) and len(word) - len(article) >= _STEM:
                return word[len(article) :]
    return word


def plain(text: str) -> list[str]:
    """Every word, whole."""
    return _RUN.findall(text.casefold())


def shared(one: Iterable[str], other: Iterable[str]) -> float:
    """How much of the smaller of two sets of words is in the other: 0 to 1."""
    first, second = set(one), set(other)
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0
