"""What the views of single units and of whole cells say, in English and Chinese."""

from __future__ import annotations

UNITS: dict[str, tuple[str, str]] = {
    # view 5
    "inside_title_portrait": ("A unit's dossier", "单元档案"),
    "inside_idea_portrait": (
        "Some units stand for something that has a name: a quotation is open, a line is about to end. Here you "
        "see over many texts when a unit is high and when it is low, and how well it tells such things, on "
        "texts that did not choose it. Or search for the units that tell a thing best.",
        "有些单元代表说得出名字的东西：引号还没关上，或一行快要结束。这里显示一个单元在许多文本上何时高、"
        "何时低，以及它能多准地分辨这些东西（在没有用来挑选它的文本上评分）。也可以搜索最能分辨某件事的单元。",
    ),
    "inside_said_above": (
        "Unit {unit} is above {threshold:.2g} {told}: it tells {value:.0%} of {total} places right (balanced "
        "accuracy; 50% is chance).",
        "单元 {unit} 高于 {threshold:.2g} 表示{told}：在 {total} 处中判对 {value:.0%}（平衡准确率，50% 为随机水平）。",
    ),
    "inside_said_below": (
        "Unit {unit} is below {threshold:.2g} {told}: it tells {value:.0%} of {total} places right (balanced "
        "accuracy; 50% is chance).",
        "单元 {unit} 低于 {threshold:.2g} 表示{told}：在 {total} 处中判对 {value:.0%}（平衡准确率，50% 为随机水平）。",
    ),
    "inside_said_rises": (
        "Unit {unit} rises with {told}: its rank correlation with that is {value:.2f} (0 is chance), over {total} "
        "places.",
        "单元 {unit} 随{told}升高：在 {total} 处上的秩相关为 {value:.2f}（0 为随机水平）。",
    ),
    "inside_said_falls": (
        "Unit {unit} falls with {told}: its rank correlation with that is {value:.2f} (0 is chance), over {total} "
        "places.",
        "单元 {unit} 随{told}降低：在 {total} 处上的秩相关为 {value:.2f}（0 为随机水平）。",
    ),
    "inside_said_nothing": (
        "Of unit {unit} nothing can be said: these texts have none of the things that are looked for.",
        "关于单元 {unit} 没有什么可说的：这些文本中没有要找的东西。",
    ),
    "inside_told_quotation": ("inside quotation marks", "在引号之内"),
    "inside_told_line_position": ("the position in the line", "在行中的位置"),
    "inside_told_negation": ("after a negation", "在否定词之后"),
    "inside_told_capital": ("at capital letters", "在大写字母处"),
    "inside_told_line_end": ("at the end of a line", "在行尾"),
    "inside_told_sentiment": ("praise or blame, in everyday sentences", "褒贬（日常句子）"),
    "inside_said_praise_above": (
        "Unit {unit}, averaged over a sentence, is above {threshold:.2g} in praise and below it in blame: it tells "
        "{value:.0%} of {total} sentences right (balanced accuracy; 50% is chance). These, and the {others} "
        "that decided, were written and labelled in this project ({file}).",
        "单元 {unit} 在一句话上的均值高于 {threshold:.2g} 为褒，低于它为贬：在 {total} 句中判对 {value:.0%}"
        "（平衡准确率，50% 为随机水平）。这些句子和用来挑选的另外 {others} 句均由本项目撰写并标注（{file}）。",
    ),
    "inside_said_praise_below": (
        "Unit {unit}, averaged over a sentence, is below {threshold:.2g} in praise and above it in blame: it tells "
        "{value:.0%} of {total} sentences right (balanced accuracy; 50% is chance). These, and the {others} "
        "that decided, were written and labelled in this project ({file}).",
        "单元 {unit} 在一句话上的均值低于 {threshold:.2g} 为褒，高于它为贬：在 {total} 句中判对 {value:.0%}"
        "（平衡准确率，50% 为随机水平）。这些句子和用来挑选的另外 {others} 句均由本项目撰写并标注（{file}）。",
    ),
    "inside_no_labels": (
        "There are no sentences here that praise or blame in the language of {model}: choose another property.",
        "这里没有 {model} 所用语言的带褒贬标签的句子：请选择其他内容。",
    ),
    "inside_nothing_to_tell": (
        "These texts cannot show it ({told}): it is so everywhere or nowhere in one half of them. Paste other texts.",
        "这些文本看不出来（{told}）：其中一半里处处如此或处处不如此。请粘贴其他文本。",
    ),
    "inside_texts_needed": (
        "{model} writes no texts of its own: paste some, with an empty line between them.",
        "{model} 自己不写文本：请粘贴一些，文本之间空一行。",
    ),
    "inside_state_of": ("State", "状态"),
    "inside_tells": ("Search for units that tell", "搜索能分辨的单元"),
    "inside_search": ("Search", "搜索"),
    "inside_texts": (
        "Your own texts, an empty line between them; without any, what the model writes itself, or everyday sentences",
        "你自己的文本，之间空一行；不填则用模型自己写的文本，或日常句子",
    ),
    "inside_corpus_reader": ("Over {texts} texts, {tokens} tokens", "共 {texts} 篇文本，{tokens} 个词元"),
    "inside_corpus_everyday": (
        "Over {texts} everyday sentences of {file}, since {model} writes none itself, {tokens} tokens",
        "{model} 自己不写文本，因此用 {file} 中的 {texts} 个日常句子，共 {tokens} 个词元",
    ),
    "inside_corpus_model": (
        "Over {texts} texts that {model} wrote itself, {tokens} tokens",
        "共 {texts} 篇由 {model} 自己写的文本，{tokens} 个词元",
    ),
    "inside_histogram": ("How often unit {unit} has which value", "单元 {unit} 各取值的频次"),
    "inside_largest_count": ("tokens; the highest bar: {count}", "词元数；最高一栏：{count}"),
    "inside_highest": ("Where it is highest", "最高之处"),
    "inside_lowest": ("Where it is lowest", "最低之处"),
    "inside_scores": (
        "What it tells, on the half of the texts that did not decide",
        "它能分辨什么（在未参与挑选的一半文本上）",
    ),
    "inside_measure": ("measure", "度量"),
    "inside_measure_accuracy": ("balanced accuracy", "平衡准确率"),
    "inside_measure_correlation": ("rank correlation", "秩相关"),
    "inside_told": ("what", "内容"),
    "inside_places": ("places", "处数"),
    # view 6
    "inside_title_mood": ("The unit that knows", "懂得情感的单元"),
    "inside_idea_mood": (
        "Nobody told this language model what is good or bad, it only learnt to write reviews. Yet one "
        "direction of its state tells praise from blame: a probe found it on reviews with known verdicts, as "
        "Radford, Jozefowicz and Sutskever found the sentiment neuron (2017). Hold that direction at a value, "
        "and the model goes on in that mood.",
        "没有人告诉过这个语言模型什么是好、什么是坏，它只学会了写影评。但它的状态中有一个方向能区分褒贬："
        "探针在已知褒贬的影评上找到了它，正如 Radford、Jozefowicz 和 Sutskever 找到情感神经元那样（2017）。"
        "把这个方向固定在某个值，模型就会以那种情绪写下去。",
    ),
    "inside_said_mood": (
        "Unit {unit} alone tells {alone:.0%} of {total} reviews right, {used} units together {together:.0%}. "
        "Over this text their mean is {mean:.2f}, and {threshold:.2f} divides: {verdict}. “{token}” moves them most.",
        "单元 {unit} 独自能判对 {total} 篇影评中的 {alone:.0%}，{used} 个单元合起来为 {together:.0%}。"
        "在这段文本上它们的均值为 {mean:.2f}，分界为 {threshold:.2f}：{verdict}。“{token}”对它们影响最大。",
    ),
    "inside_no_probe": (
        "No probe was made for {model}, only for: {names}. Of this model single units can be held all the same.",
        "{model} 没有探针，有探针的是：{names}。不过仍可固定此模型的单个单元。",
    ),
    "inside_strip_mood": (
        "The text, coloured by the state along that direction: blue is the side of praise, orange of blame.",
        "文本按状态在该方向上的值着色：蓝色偏褒，橙色偏贬。",
    ),
    "inside_along": ("along the direction", "沿该方向"),
    "inside_running_mean": ("mean so far", "至此的均值"),
    "inside_dividing": ("what divides", "分界"),
    "inside_mood_picture": (
        "The state along the direction, and its mean so far, against the token; the table below has the numbers.",
        "状态沿该方向的值及其至此的均值；数字见下方表格。",
    ),
    "inside_prompt": ("Beginning", "开头"),
    "inside_holds": ("Hold", "固定"),
    "inside_holds_direction": ("the direction", "该方向"),
    "inside_holds_unit": ("one unit", "一个单元"),
    "inside_held_at": ("Held at", "固定在"),
    "inside_write": ("Write", "写作"),
    "inside_wrote_free": ("Nothing held", "不固定"),
    "inside_wrote_held": ("Held at {value}", "固定在 {value}"),
    # view 8
    "inside_title_comparison": ("RNN, GRU and LSTM in one table", "RNN、GRU、LSTM 一览"),
    "inside_idea_comparison": (
        "What the cells compute at each step, what that costs, and what it brings. The speed is measured on "
        "this machine when you open this view.",
        "各种单元每一步计算什么、代价多大、效果如何。速度是打开此视图时在这台机器上测得的。",
    ),
    "inside_said_cells": (
        "{best} predicts best, with a validation loss of {loss:.3f}; {fastest} writes fastest, {speed:,.0f} "
        "tokens a second just now.",
        "{best} 预测最准，验证损失为 {loss:.3f}；{fastest} 写得最快，刚才每秒 {speed:,.0f} 个词元。",
    ),
    "inside_said_cell": (
        "One {cell} of {model} has {cell_parameters:,} weights for its {units} units, {share:.0%} of the "
        "{parameters:,} of the whole model.",
        "{model} 的一个 {cell} 单元层有 {units} 个单元、{cell_parameters:,} 个权重，"
        "占整个模型 {parameters:,} 个的 {share:.0%}。",
    ),
    "inside_said_accuracy": (
        "Of what it judges in the validation data, {accuracy:.1%} is right.",
        "在验证数据上判断正确的比例为 {accuracy:.1%}。",
    ),
    "inside_said_speed": ("It writes {speed:,.0f} tokens a second just now.", "刚才每秒写出 {speed:,.0f} 个词元。"),
    "inside_equations": ("equations", "公式"),
    "inside_cell": ("cell", "单元类型"),
    "inside_units": ("units", "单元数"),
    "inside_cell_parameters": ("parameters of the cell", "单元参数量"),
    "inside_parameters": ("parameters in all", "总参数量"),
    "inside_validation_loss": ("validation loss, nats per token", "验证损失（奈特/词元）"),
    "inside_verdict_loss": ("validation loss, nats per verdict", "验证损失（奈特/判断）"),
    "inside_speed": ("tokens a second", "词元/秒"),
    "inside_runs_on": ("computed by", "计算方式"),
}
