"""The few sentences of its own that the built-in provider has, in the language of the question. Pure."""

from __future__ import annotations

import re

from integrations.chatmodels import words

NOT_FOUND = {
    "en": "I could not find this in the documents I have.",
    "es": "No he encontrado esto en los documentos que tengo.",
    "de": "Das habe ich in den Dokumenten, die mir vorliegen, nicht gefunden.",
    "fr": "Je n'ai pas trouvé cela dans les documents dont je dispose.",
    "pt": "Não encontrei isso nos documentos que tenho.",
    "it": "Non l'ho trovato nei documenti che ho a disposizione.",
    "nl": "Ik heb dit niet gevonden in de documenten die ik heb.",
    "ru": "Я не нашёл этого в имеющихся у меня документах.",
    "el": "Δεν το βρήκα στα έγγραφα που έχω.",
    "ar": "لم أجد هذا في المستندات المتوفرة لدي.",
    "he": "לא מצאתי את זה במסמכים שברשותי.",
    "hi": "मुझे यह मेरे पास उपलब्ध दस्तावेज़ों में नहीं मिला।",
    "th": "ฉันไม่พบข้อมูลนี้ในเอกสารที่มีอยู่",
    "zh": "我在现有的文档中没有找到相关内容。",
    "ja": "手元の文書には見つかりませんでした。",
    "ko": "제가 가진 문서에서 찾지 못했습니다.",
}
GREETING = {
    "en": "Hello! What can I help you with?",
    "es": "¡Hola! ¿En qué puedo ayudarle?",
    "de": "Hallo! Wobei kann ich Ihnen helfen?",
    "fr": "Bonjour ! Que puis-je faire pour vous ?",
    "pt": "Olá! Em que posso ajudar?",
    "it": "Salve! Come posso aiutarla?",
    "nl": "Hallo! Waar kan ik u mee helpen?",
}
WELCOME = {
    "en": "You are welcome! Is there anything else I can help you with?",
    "es": "¡De nada! ¿Puedo ayudarle en algo más?",
    "de": "Gern geschehen! Kann ich Ihnen noch bei etwas helfen?",
    "fr": "Je vous en prie ! Puis-je encore vous aider ?",
    "pt": "De nada! Posso ajudar em mais alguma coisa?",
    "it": "Prego! Posso aiutarla in altro?",
    "nl": "Graag gedaan! Kan ik u nog ergens mee helpen?",
}
_GREETINGS = {
    "en": "hello hi hey good morning afternoon evening there how are you",
    "es": "hola buenos buenas días dias tardes noches qué tal",
    "de": "hallo guten tag morgen abend moin servus",
    "fr": "bonjour bonsoir salut",
    "pt": "olá ola oi bom dia boa tarde noite",
    "it": "ciao salve buongiorno buonasera",
    "nl": "hallo hoi goedemorgen goedemiddag goedenavond dag",
}
_THANKS = {
    "en": "thanks thank you thx very so much a lot great perfect ok okay bye goodbye",
    "es": "gracias muchas adiós vale perfecto",
    "de": "danke vielen dank schön tschüss super",
    "fr": "merci beaucoup au revoir",
    "pt": "obrigado obrigada muito tchau",
    "it": "grazie mille arrivederci",
    "nl": "bedankt dank je u wel tot ziens",
}
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
)
_MOST_WORDS = 6


def language_of(question: str) -> str:
    """By its script, and among Latin ones by its small words; English where nothing tells."""
    for language, script in _SCRIPTS:
        if script.search(question):
            return language
    asked = set(words.plain(question))
    counts = {language: len(asked & small) for language, small in words.STOPWORDS.items()}
    best = max(counts, key=lambda language: (counts[language], language == "en"))
    return "es" if "¿" in question or "¡" in question else best if counts[best] else "en"


def not_found(question: str) -> str:
    return NOT_FOUND[language_of(question)]


def small_talk(question: str) -> str | None:
    """The answer to a greeting or to thanks that is nothing more than that."""
    said = words.plain(question)
    if not said or len(said) > _MOST_WORDS:
        return None
    for vocabulary, answers in ((_GREETINGS, GREETING), (_THANKS, WELCOME)):
        for language, known in vocabulary.items():
            if set(said) <= set(known.split()):
                return answers[language]
    return None
