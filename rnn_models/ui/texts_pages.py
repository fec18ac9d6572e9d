"""What the header and the tabs *Generate* and *Sentiment* say, in English and Chinese.

The page's scripts get those whose key begins with `page_`, without the prefix.
"""

from __future__ import annotations

PAGES: dict[str, tuple[str, str]] = {
    # the header
    "heading": ("# Recurrent networks at work", "# 循环神经网络在线演示"),
    "lead": (
        "Small vanilla RNN, GRU and LSTM networks write texts and judge the sentiment of yours, on this machine, in "
        "milliseconds. The texts are invented: nothing in them is a fact, or anyone's opinion. "
        "[Look inside a network](#inside) to see how it works.",
        "小型循环神经网络（普通 RNN、GRU、LSTM）在本机上写文章、判断您文字的情感，只需毫秒。生成的文字都是虚构的，"
        "既不是事实，也不代表任何人的观点。[看看网络内部](#inside)，了解它如何工作。",
    ),
    "other_language": ("中文", "English"),
    "tab_generate": ("Generate", "生成"),
    "tab_sentiment": ("Sentiment", "情感"),
    "tab_inside": ("Inside", "内部"),
    # the tab that generates; parameters of the API have the names that it gives them
    "model": ("Model", "模型"),
    "prompt": ("Prompt", "开头"),
    "prompt_hint": ("Text to continue; may be empty", "输入要续写的文字，可以留空"),
    "write": ("Generate", "开始生成"),
    "stop": ("Stop", "停止"),
    "examples": ("Examples", "示例"),
    "empty_prompt": ("(empty prompt)", "（开头留空）"),
    "settings": ("Settings", "设置"),
    "max_new_tokens": ("Length (tokens)", "长度（词元）"),
    "temperature": ("Temperature", "温度"),
    "temperature_info": ("0 = always the most likely token", "0 表示总是选择概率最高的词元"),
    "top_k": ("Top-k", "Top-k"),
    "top_k_info": ("0 = no limit", "0 表示不限制"),
    "top_p": ("Top-p", "Top-p"),
    "top_p_info": ("1 = no limit", "1 表示不限制"),
    "repetition_penalty": ("Repetition penalty", "重复惩罚"),
    "repetition_penalty_info": ("1 = off", "1 表示不惩罚"),
    "seed": ("Seed", "随机种子"),
    "seed_info": (
        "The same prompt, settings and seed give the same text here; empty = a random seed",
        "开头、设置和种子都相同时，本页生成的文本也相同；留空则随机选取种子",
    ),
    # below a text
    "written": (
        "{characters:character|characters} in {seconds:.2f} s · seed {seed}",
        "{characters} 个字符，用时 {seconds:.2f} 秒 · 种子 {seed}",
    ),
    "read_simplified": (
        "The model knows simplified characters: the traditional ones were read as these.",
        "模型只认识简体字：繁体字已转换为简体。",
    ),
    "read_marks": (
        "Punctuation and blanks were read in the form that the model knows.",
        "标点和空格已换成模型认识的形式。",
    ),
    "not_known": (
        "The model does not know {characters}, so it cannot take account of it.",
        "模型不认识 {characters}，无法理解这部分内容。",
    ),
    "copied": (
        "{percent} of its stretches of {length} characters stand in the training text.",
        "其中连续 {length} 个字符的片段，有 {percent} 出现在训练文本中。",
    ),
    "looping": (
        "The text repeats itself: raise the temperature or the repetition penalty.",
        "文字在重复：请提高温度或重复惩罚。",
    ),
    "looping_greedy": (
        "The text repeats itself, as it often does at temperature 0: raise the temperature.",
        "文字在重复，温度为 0 时常会如此：请提高温度。",
    ),
    "page_output": ("Generated text", "生成结果"),
    "page_output_hint": ("The generated text appears here.", "生成的文字会显示在这里。"),
    "page_writing": ("Writing …", "正在生成……"),
    "page_copy": ("Copy", "复制"),
    "page_copied": ("Copied.", "已复制。"),
    "page_link": ("Copy a link to this", "复制链接"),
    "page_download": ("Download", "下载"),
    "page_sure": ("Colour by how sure the model was", "按模型的把握程度着色"),
    "page_scale": (
        "The darker a token, the more it surprised the model. Its own probability, before all settings, stands beside "
        "it when you point at it or step through the text with the arrow keys.",
        "颜色越深，模型对这个词元越意外。鼠标指向词元，或用方向键逐个移动，可看到模型给它的概率（未经温度等设置）。",
    ),
    "page_token": ("“{piece}”: {percent}, {bits} bits", "“{piece}”：{percent}，{bits} 比特"),
    "page_bits": ("{bits} bits a character", "每个字符 {bits} 比特"),
    # the tab that classifies
    "text": ("Text", "文本"),
    "text_hint": ("Type a sentence; the result updates as you type", "输入一句话，结果随输入实时更新"),
    "classify": ("Classify", "分析情感"),
    "automatic": ("automatic, by language", "自动（按语言）"),
    "answered": ("by {model}", "模型：{model}"),
    "page_sentiment": ("Sentiment", "情感"),
    "page_sentiment_hint": ("The verdict appears here as you type.", "输入时，判断结果会显示在这里。"),
    "page_verdict": ("Verdict: {label}, {percent}", "判断：{label}，{percent}"),
    # what a visitor sees first
    "page_welcome_three": (
        "From “{prompt}” these networks wrote this when the page was first opened; no person wrote it, and nothing in "
        "it is true. The stronger the colour, the more a character surprised the network.",
        "以“{prompt}”开头，这几个网络在本页首次打开时写下了这些文字：并非人写，也不是事实。颜色越深，网络对该字符越意外。",
    ),
    "page_welcome_one": (
        "From “{prompt}” {model} wrote this when the page was first opened; no person wrote it, and nothing in it is "
        "true. The stronger the colour, the more a character surprised the network.",
        "以“{prompt}”开头，{model} 在本页首次打开时写下了这些文字：并非人写，也不是事实。颜色越深，网络对该字越意外。",
    ),
    "page_welcome_inside": ("Watch how it decides", "看看它如何决定"),
    "page_welcome_seed": ("seed {seed}", "种子 {seed}"),
    "page_welcome_by": ("Text {number}, by {model}", "{model} 所写，第 {number} 篇"),
    # word by word
    "page_words": ("Word by word", "逐词解读"),
    "page_words_hint": (
        "Below each word stands the verdict as if the text ended there: the bar's colours are those of the labels "
        "above. Click a word to take it out or to replace it.",
        "每个词下方是读到此处时的判断，色条颜色与上方各标签一致。点击任意词，可以删去或替换。",
    ),
    "page_words_scale": (
        "The stronger the colour, the more a word speaks for “{label}”; a dashed line: it speaks against it.",
        "颜色越深，该词越支持“{label}”；虚线表示反对。",
    ),
    "page_words_told": (
        "After “{word}”: {shares}. Contribution to “{label}”: {score}.",
        "读到“{word}”时：{shares}。对“{label}”的贡献：{score}。",
    ),
    "page_words_group": ("Words: arrow keys step through them, Enter changes one", "词语：方向键移动，回车修改"),
    "page_words_example": ("An example", "示例"),
    "page_words_first": ("Your text", "您的文本"),
    "page_words_second": ("The text beside it", "对照文本"),
    "page_words_remove": ("Take out “{word}”", "删去“{word}”"),
    "page_words_other": ("Another word for “{word}”", "替换“{word}”的词"),
    "page_words_replace": ("Replace", "替换"),
    "page_words_compare": ("Compare with another text", "与另一段文本对照"),
    "page_words_close": ("Close the second text", "关闭对照文本"),
    "page_words_table": ("The numbers as a table", "数值表"),
    "page_words_word": ("word", "词"),
    "page_words_score": ("contribution to “{label}” (logit)", "对“{label}”的贡献（logit）"),
    "page_words_after": ("{label} after it", "读到此处：{label}"),
    "page_words_too_long": (
        "Texts of up to {limit} characters are read word by word: shorten it to see what each word did.",
        "逐词解读最多支持 {limit} 个字符：请缩短文本。",
    ),
    "page_words_no_answer": ("There was no answer: try again.", "没有得到结果：请重试。"),
    # a model's line
    "about_plays": (
        "{cell} network with {parameters} parameters ({megabytes}). It read the plays of Shakespeare, letter by "
        "letter, in English. It has their tone and layout; its sentences rarely make sense.",
        "{cell}，参数量 {parameters}（{megabytes}），逐字母读过莎士比亚的英文剧本。语气和格式都像，但句子往往说不通。",
    ),
    "about_reviews": (
        "{cell} network with {parameters} parameters ({megabytes}). It read film reviews in English. It writes "
        "fluent sentences and forgets what they were about; films and actors are made up or mixed up.",
        "{cell}，参数量 {parameters}（{megabytes}），读过英文影评。句子通顺，但会忘记自己说过什么，"
        "影片和演员也常张冠李戴。",
    ),
    "about_poems": (
        "{cell} network with {parameters} parameters ({megabytes}). It read regular Tang poems in simplified Chinese. "
        "It keeps their form and often their images; a poem as a whole has no thought. It writes only characters of "
        "GB 2312, so no old variants such as those of some editions.",
        "{cell}，参数量 {parameters}（{megabytes}），读过简体字的唐代格律诗。形式和意象都像，但整首诗没有立意。"
        "只写 GB 2312 中的字，因此不会出现“隣”“劒”等异体字。",
    ),
    "about_sentiment_en": (
        "{cell} network with {parameters} parameters ({megabytes}). It learnt from reviews, tweets and comments in "
        "English. Irony, mixed feelings and facts of the world mislead it.",
        "{cell}，参数量 {parameters}（{megabytes}），从英文评论、推文和留言中学习。反讽、复杂的感情和常识会让它出错。",
    ),
    "about_sentiment_zh": (
        "{cell} network with {parameters} parameters ({megabytes}). It learnt from reviews and posts in simplified "
        "Chinese. Irony, mixed feelings and facts of the world mislead it.",
        "{cell}，参数量 {parameters}（{megabytes}），从简体中文的评论和微博中学习。反讽、复杂的感情和常识会让它出错。",
    ),
    "about_any": (
        "{cell} model with {parameters} parameters ({megabytes}); language: {language}. Its card says what it "
        "read and what it cannot do.",
        "模型（{cell}），参数量 {parameters}（{megabytes}），语言：{language}。它读过什么、有哪些局限，见模型卡。",
    ),
    "about_numbers": (
        "{cell} network with {parameters} parameters ({megabytes}) for numbers. Its card says what it read and what "
        "it cannot do.",
        "{cell}，参数量 {parameters}（{megabytes}），用于数值序列。它读过什么、有哪些局限，见模型卡。",
    ),
    "bits_per_character": (
        "{value:.2f} bits a character on texts it had not read (fewer is better)",
        "对没读过的文本，每个字符 {value:.2f} 比特（越少越好）",
    ),
    "loss": (
        "{value:.3f} nats a token on texts it had not read (fewer is better)",
        "对没读过的文本，每个词元 {value:.3f} 奈特（越少越好）",
    ),
    "accuracy": (
        "{value:.1%} of {count:text|texts} of {data_set} right, none of which it had read",
        "{data_set} 中没读过的 {count} 条文本，判断正确的占 {value:.1%}",
    ),
    "card": ("card", "模型卡"),
    # what is wrong with the input, and what to do about it
    "not_a_string": (
        "{field} must be a string, not {kind}: put it in quotation marks.",
        "“{field}”必须是字符串，而不是{kind}：请加上引号。",
    ),
    "not_a_number": ("{field} must be a number, not {kind}.", "“{field}”必须是数字，而不是{kind}。"),
    "not_tokens": (
        "{field} must be a list of at most {limit:,} token ids, whole numbers from 0 to {high}.",
        "“{field}”必须是列表，最多 {limit:,} 个词元编号，每个是 0 到 {high} 之间的整数。",
    ),
    "cleared": (
        "{field} is empty: enter a number from {low} to {high}.",
        "“{field}”是空的：请输入 {low} 到 {high} 之间的数字。",
    ),
    "out_of_range": (
        "{field} must be {whole} from {low} to {high}.",
        "“{field}”必须是 {low} 到 {high} 之间的{whole}。",
    ),
    "kind_boolean": ("true or false", "真假值"),
    "kind_number": ("a number", "数字"),
    "kind_string": ("a string", "字符串"),
    "kind_list": ("a list", "列表"),
    "kind_object": ("an object", "对象"),
    "unknown_script": (
        "{model} knows none of these characters: write in the language it was trained on, or try an example.",
        "{model} 不认识这些字符：请使用它训练时的语言，或试试示例。",
    ),
    "queue_full": (
        "Too many people are here at the moment: try again in half a minute.",
        "现在使用的人太多：请过半分钟再试。",
    ),
}
