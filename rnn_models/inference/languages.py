"""Whether a text is in a language that a classifier was trained on.

A model answers any input; on a text that it cannot read, its answer is chance. The rules look at what a text consists
of. Addresses and `[signs]` are left out; each Chinese character and each word in other letters counts once.

1. No letters at all (emoji, numbers): the model read only symbols.
2. Less than half of the text is in the script of the model's language: the script is not learnt. Chinese characters
   count as Japanese if kana make up a fifth of the two.
3. For English texts of three words or more: more words of other languages than English ones, so the language is not
   learnt. Only words in `ENGLISH` and `FOREIGN`, and words with letters that English lacks, are counted.

Rule 3 is sometimes wrong, both ways: names and dishes are foreign words, and a short text may contain none of the
listed ones.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Literal

from huggingface_hub import ModelCard

from ..checkpoint import LoadError, one_line

NotLearnt = Literal["signs", "script", "language"]

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
ADDRESS = re.compile(r"https?://\S*|@\w+|\[\w+\]", re.ASCII)
FEWEST_WORDS = 3

ENGLISH_TEXT = """
a about after again all also am amazing an and any are aren't as at awful bad be because been before being best
better but by can can't cannot could couldn't did didn't do does doesn't don't down ever every few first for
from get go going good got great had happy has hasn't hate have haven't he her here him his hope how i i'm i've
if i'll in into is isn't it it's its just know last like love made make many may me more most much my need never
new nice no not nothing now of off oh ok okay on one only or other our out over people please quite really right
said same see she should so some still such terrible than thank thanks that that's the their them then there
these they thing think this those time to today too two under until up us very want was wasn't way we well went
were what when where which while who why will with without won't would wouldn't year yes you your
"""
# German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish and Norwegian, Polish, Czech, Turkish,
# Indonesian, Vietnamese, without words that are also English.
FOREIGN_TEXT = """
aber auch auf aus bei bist das dass dein dem den der des dich dieser diese dieses doch durch ein eine einem
einen einer er es für gegen gibt gut haben hatte ich ihr immer ist ja jetzt kann kein keine leider mein meine
mich mir mit nach nicht nichts noch nur oder ohne schlecht schon sehr sein sich sie sind über um und uns unser
viel vom von vor waren warum wenn werden wie wieder wir wird wurde zu zum zur au aux avec bien c'est ce cela ces
cette dans de du elle elles en est et était être ici il ils j'ai je la le les leur lui ma mais même mes moi
n'est ne nous ou où pas pour pourquoi qu'il quand que qui sa ses si sont sur ta très tu un une vous al algo aquí
como con cuando del donde el ella ellos ese eso esta está este esto fue gracias hasta las lo los mi muy más nada
ni nos nunca para pero por porque pues qué se ser sobre su sus también tiene todo todos una uno anche che ci
cosa dei della delle di dove essere gli grazie hanno ho io molto nel nella non per più perché quando questa
questo sono sempre stato suo tutto ao com da dos ela ele em esse eu foi isso mas meu minha muito na nas não num
obrigado os pela pelo quem sem seu sua são também tem uma você aan als bij dan dat deze dit een geen goed haar
heb hebben heeft het hij hoe ik kan maar meer mijn naar niet nog ook op toch uit van veel voor waar wat wel
wordt ze zijn zo att av bara det där efter från för han har hon hur inte jag med mig mycket några nu och också
om på sig ska som till upp var vi vill är af ikke jeg meget og skal til være bardzo bo był była co czy dla jak
jest jestem już mnie nie od po się tak tego tylko że bylo jsem jsou ještě když není už velmi ama bir bu çok daha
değil gibi güzel için ile kadar şey ve adalah ada akan dari dengan ini itu juga ke saya sangat tidak untuk yang
anh cho có của không là một này những rất tôi và với
"""
ENGLISH, FOREIGN = frozenset(ENGLISH_TEXT.split()), frozenset(FOREIGN_TEXT.split())
# English words with letters that English otherwise lacks.
BORROWED = re.compile("^(café|naïve|cliché|résumé|fiancé|fiancée|décor|entrée|crème|brûlée|jalapeño|über|piñata)s?$")


def language_of(name: str, folder: Path) -> str:
    """The two-letter code of a model's language: from its card, or else guessed from its name.

    Raises `LoadError` if the card cannot be read.
    """
    language = None
    try:
        if (folder / "README.md").is_file():
            language = ModelCard.load(folder / "README.md").data.language
    except (OSError, ValueError) as error:
        raise LoadError(f"{folder / 'README.md'} is no model card: {one_line(error)}") from error
    if isinstance(language, list):
        language = language[0] if language else None
    if language:
        return str(language)[:2].lower()
    return "zh" if re.search(r"(?i)(?<![a-z])(zh|chinese|tang|song)(?![a-z])", name) else "en"


def not_learnt(text: str, language: str) -> NotLearnt | None:
    """Why the rules above say that a model of `language` (`"en"`, `"zh"`) cannot read `text`; None if it can.

    Only the first rule applies to other languages.
    """
    text = ADDRESS.sub(" ", unicodedata.normalize("NFKC", text))
    han, kana = len(HAN.findall(text)), len(KANA.findall(text))
    words = [word.lower().replace("’", "'") for word in WORD.findall(HAN.sub(" ", KANA.sub(" ", text)))]
    latin = [word for word in words if unicodedata.name(word[0], "").startswith("LATIN")]
    # words of other scripts; Thai and the like have long "words", but a single one is enough
    other = len(words) - len(latin)
    if not han + kana + len(words):
        return "signs"
    japanese = kana >= (han + kana) / 5 and kana > 0
    known = {"en": len(latin), "zh": 0 if japanese else han}.get(language)
    if known is None:
        return None
    if 2 * known < han + kana + len(latin) + other:
        return "script"
    return "language" if language == "en" and is_foreign(latin) else None


def is_foreign(words: list[str]) -> bool:
    """Whether foreign words outnumber English ones; never true for fewer than `FEWEST_WORDS` words."""
    foreign = sum(word in FOREIGN or not (word.isascii() or BORROWED.match(word)) for word in words)
    return len(words) >= FEWEST_WORDS and foreign > sum(word in ENGLISH for word in words)
