"""Sentences that claim nothing, and so need no source; pure.

They are: a greeting, thanks, regret or an offer of help with at most two words of its own; a question back; a line
that leads in what follows, or stands over it; and the admission that something is not known. None
of them may name a figure or a name that neither the question nor a passage has.
"""

from __future__ import annotations

import re

from chat.turn import claims
from integrations.chatmodels import words

LONGEST, OWN_WORDS, LEADING_WORDS = 200, 2, 8
_ASKS = ("?", "？", "؟")
_LEADS = (":", "：")
_HEADING = re.compile(r"\s*(?:#{1,6}\s.*|\*\*[^*\n]+\*\*:?\s*|[-*_=|:\s]+)\Z")
_OPENING = re.compile(
    r"\W*(?:hello|hi|hey|dear customer|welcome|good (?:morning|afternoon|evening|day)|thank you|thanks"
    r"|you(?:'re| are) welcome|"
    r"sure|certainly|of course|gladly|absolutely|great question|good question|happy to help|i(?:'d"
    r"| would) be happy to help|"
    r"i can help(?: you)?|let me help|have a (?:nice|great|good|lovely)|(?:please )?let me know"
    r"|(?:please )?feel free|"
    r"i hope (?:this|that) helps|here (?:is|are|'s) (?:what|the|an?|some|it)|i(?:'m| am) (?:very |so "
    r"|really )?sorry|sorry|i apologi[sz]e|"
    r"hallo|guten (?:tag|morgen|abend)|danke|vielen dank|gerne?|natürlich|selbstverständlich"
    r"|bitte sehr|es tut mir leid|leider|schönen tag|"
    r"hola|buenos días|buenas (?:tardes|noches)|gracias|de nada|claro|por supuesto|con gusto|lo siento"
    r"|que tenga|"
    r"bonjour|bonsoir|merci|de rien|bien sûr|avec plaisir|je suis désolée?|désolée?|bonne journée|"
    r"olá|bom dia|boa tarde|boa noite|obrigad[oa]|com certeza|lamento|salve|ciao|buongiorno|grazie"
    r"|prego|certo|mi dispiace|"
    r"goedendag|bedankt|graag gedaan|natuurlijk|het spijt me|здравствуйте|спасибо|пожалуйста|конечно|извините|"
    r"您好|你好|谢谢|不客气|当然|抱歉|很抱歉|对不起|こんにちは|ありがとうございます|もちろん|申し訳|안녕하세요|감사합니다|죄송|물론|"
    r"مرحبا|شكرا|عفوا|بالتأكيد|عذرا|आपका स्वागत है|नमस्ते|धन्यवाद|क्षमा करें|सवाधी|สวัสดี|ขอบคุณ|ขออภัย)(?![^\W\d_a-zà-ÿ])",
    re.IGNORECASE,
)
_SOURCES = (
    r"(?:documents?|passages?|context|sources?|texts?|materials?|excerpts?|information (?:provided"
    r"|given|i have))"
)
_TOLD = r"(?:mention|say|contain|specify|provide|cover|state|hold|answer|address|tell|indicate|explain|give)"
_UNKNOWN = re.compile(
    r"\b(?:i|we) (?:could(?: no|n')t|can(?:no|')t|did(?: no|n')t|do(?: no|n')t|(?:am|was|were"
    r"|are) (?:not able|unable) to) (?:seem to )?"
    r"(?:find|know|locate|answer|(?:have|see) (?:any |the |that |this |enough |specific |further |more |an? )*"
    r"(?:information|details?|data|answers?|documents?|records?|mention))\b"
    r"|\bthere (?:is|was) no (?:specific |further |more |other )?(?:information|mention|answer|details?)\b"
    rf"|\b{_SOURCES}\b[^.]{{0,30}}\b(?:do|does|did)(?: no|n')t {_TOLD}\b"
    rf"|\bnot (?:mentioned|specified|stated|covered|provided|described|found|included) (?:in"
    rf"|by) (?:the |my |our |any )*(?:provided |given )?{_SOURCES}"
    r"|\bno (?:(?:he|hemos|pude|puedo|tengo|dispongo) |se (?:menciona|indica"
    r"|encuentra)\b)(?:encontra\w+|información|respuesta|saber)?"
    r"|\b(?:finde|gefunden|weiß|wissen)\b[^.]{0,60}\b(?:nicht|keine)\b|\b(?:nicht|keine (?:information"
    r"|angabe|auskunft)\w*)\b[^.]{0,60}\b(?:gefunden|finden|beantworten)\b"
    r"|\bkeine (?:information|angabe|auskunft)\w*\b"
    r"|\bje n(?:'|e )(?:ai|trouve|sais|dispose)\b[^.]{0,30}\b(?:pas|aucune)\b|\bnão (?:encontrei|sei"
    r"|tenho informa\w+)"
    r"|\bnon (?:ho trovato|l'ho trovato|lo so|ho informazioni)|\b(?:niet gevonden|geen informatie"
    r"|weet (?:ik )?(?:het )?niet)"
    r"|не (?:наш\w+|знаю)|нет информации|没有找到|找不到|未找到|没有(?:提到|提及|相关)|未提及|不知道"
    r"|見つかりません|見つけられません|わかりません|記載(?:が|は)?(?:あり|されてい)ません"
    r"|찾지 못|정보가 없|알 수 없|لم أجد|لا أعرف|لا توجد معلومات"
    r"|नहीं मिल|जानकारी नहीं|δεν το βρήκα|δεν βρήκα|לא מצאתי|ไม่พบข้อมูล",
    re.IGNORECASE,
)


def claims_nothing(sentence: str, *, known: frozenset[str]) -> bool:
    """`known` are the words of the question and the passages, as they are compared."""
    said = sentence.strip()
    if not (claims.figures(said.lstrip("0123456789.) ")) | claims.names(said)) <= known:
        return False
    return len(set(words.content(said))) <= 1 or is_set_phrase(said)


def is_set_phrase(sentence: str) -> bool:
    """Whether it is one by its form, whatever figures and names it has."""
    said = sentence.strip()
    own = words.content(said)
    if not own or _HEADING.fullmatch(said) or (leads(said) and len(own) <= LEADING_WORDS):
        return True
    if len(said) > LONGEST:
        return False
    opening = _OPENING.match(said)
    after = words.content(said[opening.end() :]) if opening else own
    return asks(said) or does_not_know(said) or (opening is not None and len(after) <= OWN_WORDS)


def asks(sentence: str) -> bool:
    return sentence.rstrip(" *_\"')").endswith(_ASKS)


def does_not_know(sentence: str) -> bool:
    return _UNKNOWN.search(sentence) is not None


def leads(sentence: str) -> bool:
    """Whether it says nothing without what follows."""
    said = sentence.strip()
    return said.rstrip("*_ ").endswith(_LEADS) or _HEADING.fullmatch(said) is not None
