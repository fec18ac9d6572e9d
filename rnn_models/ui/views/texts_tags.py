"""The texts of the tab *Tags*, English and Chinese, and the names of the universal tags
(https://universaldependencies.org/u/pos/)."""

TAGS: dict[str, tuple[str, str]] = {
    "tab_tags": ("Tags", "词性"),
    "tags_lead": (
        "What part of speech is each word? The name stands beside the word; related ones share a colour.",
        "每个词属于什么词性？词性写在词旁，相近的词性用同一种颜色。",
    ),
    "tag_button": ("Tag", "标注词性"),
    "tagged_text": ("Words and their tags", "词与词性"),
    "tag_adj": ("adjective", "形容词"),
    "tag_adp": ("preposition", "介词"),
    "tag_adv": ("adverb", "副词"),
    "tag_aux": ("auxiliary", "助动词"),
    "tag_cconj": ("conjunction", "并列连词"),
    "tag_det": ("determiner", "限定词"),
    "tag_intj": ("interjection", "叹词"),
    "tag_noun": ("noun", "名词"),
    "tag_num": ("number", "数词"),
    "tag_part": ("particle", "助词"),
    "tag_pron": ("pronoun", "代词"),
    "tag_propn": ("name", "专有名词"),
    "tag_punct": ("punctuation", "标点"),
    "tag_sconj": ("subordinator", "从属连词"),
    "tag_sym": ("symbol", "符号"),
    "tag_verb": ("verb", "动词"),
    "tag_x": ("other", "其他"),
}
