"""Phrases that the style features count, as data.

A phrase is a sequence of words (`kernels.py` defines a word), written in lower-case ASCII letters where a letter is
ASCII; other letters are matched as they stand. The words must follow one another in the text with no sentence ender
between them; commas, quotes, emphasis and line breaks may stand there. An apostrophe also stands for the curly one.
Every occurrence counts, so no phrase of a counted group ends with another one of it.
"""

from __future__ import annotations

from typing import Final

FIRST_PERSON: Final = (
    *("i", "me", "my", "mine", "myself", "i'm", "i've", "i'd", "i'll"),
    *("we", "our", "ours", "ourselves", "we're", "we've", "we'd", "we'll"),
)
"""English first person, singular and plural. `us` is left out: it is also a country."""

HEDGES: Final = (
    *("maybe", "perhaps", "possibly", "probably", "presumably", "arguably", "apparently", "supposedly", "allegedly"),
    *("might", "likely", "unlikely", "somewhat", "roughly", "approximately", "generally", "typically", "usually"),
    *("seems", "seem", "seemingly", "appears to", "appear to", "suggests that", "tends to", "tend to"),
    *("could be", "may be", "may have", "may not", "can be", "sort of", "kind of", "more or less"),
    *("i think", "i believe", "i guess", "i suppose", "i assume", "i suspect", "i feel like", "i would say"),
    *("i'm not sure", "i am not sure", "not entirely clear", "it is possible", "it's possible", "it depends"),
    *("in my opinion", "in my view", "to some extent", "to the best of my knowledge", "as far as i know"),
    *("in some cases", "in most cases", "in general", "if i recall correctly"),
)
"""English words and phrases that weaken a claim."""

REFUSALS_EN: Final = (
    *("i can't help", "i cannot help", "i can't assist", "i cannot assist", "i can't provide", "i cannot provide"),
    *(
        "i can't answer",
        "i cannot answer",
        "i can't do that",
        "i cannot do that",
        "i can't support",
        "i cannot support",
    ),
    *("i can't create", "i cannot create", "i can't write", "i cannot write", "i can't fulfill", "i cannot fulfill"),
    *(
        "i can't comply",
        "i cannot comply",
        "i can't engage",
        "i cannot engage",
        "i can't generate",
        "i cannot generate",
    ),
    *("i can't discuss", "i cannot discuss", "i can't give", "i cannot give", "i can't share", "i cannot share"),
    *("i won't", "i will not", "i'm unable to", "i am unable to", "i'm not able to", "i am not able to"),
    *("i'm not comfortable", "i am not comfortable", "i must decline", "i have to decline", "i decline to"),
    *("i'm sorry but", "i am sorry but", "sorry but i", "i apologize but", "i'm afraid i", "i am afraid i"),
    *("against my guidelines", "against my programming", "not appropriate for me", "i don't feel comfortable"),
    *("i do not feel comfortable", "i'm not going to", "i am not going to", "i would not recommend", "i shouldn't"),
)
REFUSALS_DE: Final = (
    *("ich kann dir dabei nicht helfen", "ich kann ihnen dabei nicht helfen", "dabei kann ich nicht helfen"),
    *("dabei kann ich dir nicht helfen", "dabei kann ich ihnen nicht helfen", "ich kann nicht", "leider kann ich"),
    *("tut mir leid", "ich darf nicht", "ich bin nicht in der lage", "das kann ich nicht"),
)
REFUSALS_FR: Final = (
    *("je ne peux pas", "je ne suis pas en mesure", "je ne puis", "je suis désolé", "je suis désolée", "désolé mais"),
    *("je regrette mais", "je ne suis pas autorisé", "je ne suis pas capable", "il m'est impossible"),
)
REFUSALS_ES: Final = (
    *("no puedo ayudar", "no puedo ayudarte", "no puedo ayudarle", "no puedo proporcionar", "no puedo cumplir"),
    *("no puedo responder", "lo siento", "lo lamento", "no me es posible", "no estoy en condiciones", "no debo"),
)
REFUSALS_PT: Final = (
    *("não posso ajudar", "não posso fornecer", "não posso responder", "não posso atender", "não consigo ajudar"),
    *("sinto muito", "lamento mas", "desculpe mas", "não sou capaz de", "não me é possível"),
)
REFUSALS_ZH: Final = (
    *(
        "我不能",
        "我无法",
        "我無法",
        "我没办法",
        "对不起",
        "對不起",
        "抱歉",
        "不便回答",
        "无法提供",
        "無法提供",
    ),
)
REFUSALS_JA: Final = (
    *("申し訳ありません", "申し訳ございません", "お答えできません", "お手伝いできません", "お応えできません"),
    *("提供できません", "ことはできません", "ことができません"),
)

REFUSALS: Final = (
    *REFUSALS_EN,
    *REFUSALS_DE,
    *REFUSALS_FR,
    *REFUSALS_ES,
    *REFUSALS_PT,
    *REFUSALS_ZH,
    *REFUSALS_JA,
)
"""Openings of a refusal in English, German, French, Spanish, Portuguese, Chinese and Japanese."""

OPENERS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "assent",
        (
            *("sure", "certainly", "of course", "absolutely", "definitely", "yes", "okay", "ok", "no problem"),
            *("gladly", "i'd be happy to", "i would be happy to", "i'd be glad to", "happy to help", "glad to help"),
        ),
    ),
    (
        "praise",
        (
            *("great question", "good question", "excellent question", "what a great", "that's a great", "great idea"),
            *("that is a great", "that's a good", "that is a good", "that's an excellent", "that's an interesting"),
            *("interesting question", "this is a great", "great choice", "you're absolutely right", "you're right"),
        ),
    ),
    (
        "self",
        (
            *("as an ai", "as a language model", "as a large language model", "as an assistant", "i'm an ai"),
            *(
                "i am an ai",
                "i'm just an ai",
                "i am just an ai",
                "as an artificial intelligence",
                "i'm a language model",
            ),
        ),
    ),
    (
        "apology",
        (
            *("i'm sorry", "i am sorry", "sorry", "i apologize", "i apologise", "my apologies", "apologies"),
            *("unfortunately", "i'm afraid", "i am afraid"),
        ),
    ),
    (
        "announcement",
        (
            *("here is", "here's", "here are", "here you go", "below is", "below are", "let's", "let me"),
            *("the following", "this is a", "in this"),
        ),
    ),
    ("thanks", ("thank you", "thanks", "many thanks")),
    ("greeting", ("hello", "hi", "hey", "dear", "greetings", "good morning", "good afternoon", "good evening")),
)
"""Classes of stock openings: name and phrases, the phrase starting with the text's first word. Where phrases of several
classes fit, the first class of this list counts."""

CLOSERS: Final = (
    *("let me know if", "let me know whether", "please let me know", "let me know what you", "feel free to ask"),
    *("feel free to reach out", "feel free to let me know", "don't hesitate to", "do not hesitate to"),
    *("hope this helps", "hope that helps", "i hope it helps"),
    *("if you have any other", "if you have any more", "if you have any further", "if you have any questions"),
    *("if you need any", "if you need more", "if you need further", "if you'd like me to", "if you would like me to"),
    *("would you like me to", "would you like to know", "do you want me to", "is there anything else"),
    *("happy to help", "glad to help", "here to help", "good luck", "happy to assist", "here to assist"),
)
"""English closing offers."""
