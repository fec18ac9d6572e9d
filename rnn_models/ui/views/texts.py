"""What the tab *Inside* says, in English and Chinese. The page gets all of it without the prefix."""

from __future__ import annotations

from .texts_learning import LEARNING
from .texts_tour import TOUR
from .texts_units import UNITS

INSIDE: dict[str, tuple[str, str]] = {
    **UNITS,
    **LEARNING,
    **TOUR,
    "inside_language": ("English", "中文"),
    "inside_lead": (
        "Type a text, or take an example, and see what a recurrent network does with it, token by token. Every number "
        "is the model's own.",
        "输入一段文本，或选一个示例，看循环神经网络如何逐个词元处理它。所有数字都来自模型本身。",
    ),
    "inside_model": ("Model", "模型"),
    "inside_text": ("Text", "文本"),
    "inside_examples": ("Examples", "示例"),
    "inside_views": ("Views", "视图"),
    "inside_tokens": ("The text, token by token", "逐词元显示的文本"),
    "inside_layer": ("Layer", "层"),
    "inside_direction": ("Direction", "方向"),
    "inside_unit": ("Unit", "单元"),
    "inside_position": ("Position", "位置"),
    "inside_value": ("Value", "值"),
    "inside_quantity": ("Quantity", "量"),
    "inside_yes": ("yes", "是"),
    "inside_no": ("no", "否"),
    "inside_save": ("Save as", "保存为"),
    "inside_copy_link": ("Copy a link to this", "复制此处链接"),
    "inside_copied": ("Copied.", "已复制。"),
    "inside_code": ("The code that computes this", "计算这些数字的代码"),
    "inside_code_lines": ("{file}, lines {first_line} to {last_line}", "{file}，第 {first_line} 至 {last_line} 行"),
    "inside_code_on_hub": ("The same code on the Hub", "Hub 上的同一段代码"),
    "inside_as_table": ("The numbers as a table", "以表格显示数字"),
    # what the cells call their gates and states; other names stand as they are
    "inside_name_hidden": ("hidden", "隐状态"),
    "inside_name_cell": ("cell", "细胞"),
    "inside_name_input": ("input", "输入"),
    "inside_name_forget": ("forget", "遗忘"),
    "inside_name_output": ("output", "输出"),
    "inside_name_reset": ("reset", "重置"),
    "inside_name_update": ("update", "更新"),
    "inside_name_new": ("new", "候选"),
    "inside_kind_gate": ("gate: {name}", "门：{name}"),
    "inside_kind_state": ("state: {name}", "状态：{name}"),
    "inside_kind_before": ("before: {name}", "之前：{name}"),
    "inside_kind_after": ("after: {name}", "之后：{name}"),
    # what is wrong
    "inside_first_settings": ("Back to the first settings", "恢复初始设置"),
    "inside_no_answer": (
        "The server did not answer: check that it still runs, then try again.",
        "服务器没有回应：请确认它仍在运行，然后重试。",
    ),
    "inside_busy": (
        "Too many look inside at the moment: try again in some seconds.",
        "目前查看的人太多：请过几秒再试。",
    ),
    "inside_foreign": (
        "{model} is no recurrent network of this package, so its inside cannot be shown: choose another model.",
        "{model} 不是本项目的循环神经网络，无法查看其内部：请选择其他模型。",
    ),
    "inside_writers_only": (
        "{model} writes no texts, and this view is about writing: choose a language model.",
        "{model} 不写文本，而此视图针对写作：请选择语言模型。",
    ),
    "inside_numbers": (
        "{model} reads numbers, and this tab looks at how texts are read: choose a model that reads text.",
        "{model} 读的是数字，而此页查看的是读文本的过程：请选择读文本的模型。",
    ),
    "inside_one_of": ("{field} must be one of {names}.", "{field} 必须是 {names} 之一。"),
    "inside_first": ("First unit", "起始单元"),
    # view 1
    "inside_title_step": ("One step", "单步"),
    "inside_idea_step": (
        "A recurrent network reads one token at a time. It has no more than its state to remember what came "
        "before. At "
        "each step it takes the token's vector x and the state before, computes its gates, numbers between 0 "
        "(shut) and "
        "1 (open), and from them the state after. Choose a token and a unit, and follow the arithmetic.",
        "循环神经网络一次只读一个词元，除了状态之外，它不记得前面读过什么。每一步，它取词元的向量 x 和之前的状态，"
        "算出各个门（0 为关，1 为开之间的数），再由它们得到新的状态。选一个词元和一个单元，看看它是怎么算的。",
    ),
    "inside_said_step": (
        "{model}, token {position} “{token}”: unit {unit} goes from {before:.3g} to {after:.3g}, a larger change than "
        "that of {share:.0%} of the {units} units. Its gates: {gates}.",
        "{model}，第 {position} 个词元“{token}”：单元 {unit} 从 {before:.3g} 变为 {after:.3g}，变化大于 "
        "{units} 个单元中的 "
        "{share:.0%}。它的门：{gates}。",
    ),
    "inside_back": ("Back", "后退"),
    "inside_forward": ("Forward", "前进"),
    "inside_play": ("Play", "播放"),
    "inside_pause": ("Pause", "暂停"),
    "inside_compare": ("Cells side by side", "并排比较各种单元"),
    "inside_strip_state": (
        "The text, coloured by the state of unit {unit} after each token: orange below 0, blue above. Choose a token.",
        "文本按单元 {unit} 在每个词元之后的状态着色：橙色小于 0，蓝色大于 0。请选择一个词元。",
    ),
    "inside_input": ("input x", "输入 x"),
    "inside_mean_is": ("mean {value}, colours from 0 to 1", "均值 {value}，颜色从 0 到 1"),
    "inside_between": ("colours from {low} to {high}", "颜色从 {low} 到 {high}"),
    "inside_step_picture": (
        "Input, gates and states of {model} at token {position}; the table below has the numbers.",
        "{model} 在第 {position} 个词元处的输入、门和状态；数字见下方表格。",
    ),
    "inside_formula": (
        "Unit {unit} of {units}, its equations and the numbers of this step:",
        "{units} 个单元中的单元 {unit}：公式与这一步的数字：",
    ),
    # view 2
    "inside_title_heat_map": ("Gates and state over the text", "整段文本上的门与状态"),
    "inside_idea_heat_map": (
        "Every row is a unit, every column a token. A unit that keeps one colour for long remembers something; "
        "one that "
        "flickers follows the letters. A gate that is always open or always shut is saturated: an open forget gate "
        "keeps its memory, a shut one forgets.",
        "每行是一个单元，每列是一个词元。颜色长时间不变的单元在记忆，闪烁不定的单元跟着字符走。"
        "总是打开或总是关闭的门称为饱和："
        "打开的遗忘门保留记忆，关闭的则忘掉。",
    ),
    "inside_said_heat_map": (
        "{model}, {shows}: above {high:.2g} at {above:.0%} of all steps of all units, below {low:.2g} at {below:.0%}. "
        "Unit {unit} varies most, from {least:.2f} to {greatest:.2f}; it is highest after “{token}”.",
        "{model}，{shows}：在所有单元的所有步中，{above:.0%} 高于 {high:.2g}，{below:.0%} 低于 {low:.2g}。"
        "单元 {unit} 变化最大，从 {least:.2f} 到 {greatest:.2f}，在“{token}”之后最高。",
    ),
    "inside_shows": ("Shows", "显示"),
    "inside_sort": ("Sorted by", "排序"),
    "inside_sort_variance": ("variance", "方差"),
    "inside_sort_saturation": ("saturation", "饱和度"),
    "inside_sort_number": ("number", "编号"),
    "inside_units_before": ("Units before these", "前面的单元"),
    "inside_units_after": ("Units after these", "后面的单元"),
    "inside_units_shown": ("{first} to {last} of {of} units", "第 {first} 到 {last} 个，共 {of} 个单元"),
    "inside_open_step": ("Open this step in view 1", "在视图 1 中打开这一步"),
    "inside_strip_unit": (
        "The text, coloured by unit {unit} ({shows}). Choose a token.",
        "文本按单元 {unit}（{shows}）着色。请选择一个词元。",
    ),
    "inside_heat_map": ("Units by time", "单元与时间"),
    "inside_heat_map_hint": (
        "Click a unit's number to colour the text by it, and a cell to open that step in view 1.",
        "点击单元编号可按它为文本着色，点击格子可在视图 1 中打开那一步。",
    ),
    "inside_heat_map_picture": (
        "Heat map of {shows}: {units} units by {tokens} tokens; the table below has the numbers.",
        "{shows} 的热图：{units} 个单元，{tokens} 个词元；数字见下方表格。",
    ),
    "inside_saturation_hint": (
        "Each point is a unit: to the right, how often its gate is nearly open; upwards, how often it is nearly shut "
        "(Karpathy, Johnson & Fei-Fei 2015).",
        "每个点是一个单元：越靠右，门越常接近全开；越靠上，门越常接近全关（Karpathy、Johnson、Fei-Fei 2015）。",
    ),
    "inside_saturation_picture": ("How often each unit's gates are shut and open.", "各单元的门有多常关闭和打开。"),
    "inside_share_below": ("share below {low}", "低于 {low} 的比例"),
    "inside_share_above": ("share above {high}", "高于 {high} 的比例"),
    # view 3
    "inside_title_reach": ("Influence", "影响"),
    "inside_idea_reach": (
        "How much does each earlier token move what is predicted here? Its gradient says how strongly the "
        "prediction would follow a small change of that token; leaving the token out says exactly what it is "
        "worth. The curve below shows how far back a token is still felt.",
        "前面的每个词元对这里的预测有多大影响？梯度说明预测会多强烈地跟随该词元的微小变化；把词元去掉，"
        "则能准确得出它的作用。下方的曲线显示多远之前的词元仍有影响。",
    ),
    "inside_said_influence": (
        "{model}: after “{token}” it gives “{target}” a probability of {probability:.1%}. Of the tokens "
        "before, the one that moves this most is “{far}”, {distance} back.",
        "{model}：在“{token}”之后，它给“{target}”的概率为 {probability:.1%}。在此之前的词元中，"
        "影响最大的是往前 {distance} 个的“{far}”。",
    ),
    "inside_said_influence_first": (
        "{model}: after “{token}” it gives “{target}” a probability of {probability:.1%}. No token comes before.",
        "{model}：在“{token}”之后，它给“{target}”的概率为 {probability:.1%}。在此之前没有词元。",
    ),
    "inside_said_reach": (
        "Steps after which a token still has an effect (above 1% of the largest on the loss), tried up to {longest} "
        "steps back: {felt}.",
        "一个词元在这么多步之后仍有影响（对损失的作用大于最大值的 1%），最多往前试 {longest} 步：{felt}。",
    ),
    "inside_at_least": ("{name} {steps} or more", "{name} 至少 {steps}"),
    "inside_said_verdict": (
        "{model} says {label} ({probability:.1%}). “{token}” counts most, and speaks for it: without it the logit of "
        "that label would be {score:.2g} lower.",
        "{model} 判断为{label}（{probability:.1%}）。“{token}”最重要，支持这一判断："
        "没有它，该标签的 logit 会低 {score:.2g}。",
    ),
    "inside_said_verdict_against": (
        "{model} says {label} ({probability:.1%}). “{token}” counts most, and speaks against it: without it the logit "
        "of that label would be {score:.2g} higher.",
        "{model} 判断为{label}（{probability:.1%}）。“{token}”最重要，反对这一判断："
        "没有它，该标签的 logit 会高 {score:.2g}。",
    ),
    "inside_two_tokens": (
        "The text has one token, and two are needed here: write more.",
        "文本只有一个词元，此处至少需要两个：请多写一些。",
    ),
    "inside_judges_only": (
        "{model} gives no verdict on a text: choose a classifier.",
        "{model} 不对文本做判断：请选择分类模型。",
    ),
    "inside_no_loss": (
        "{model} has a loss at every word, and this view needs one at the end of the text: choose a language model or "
        "a classifier, or fresh weights.",
        "{model} 在每个词上都有损失，而此视图需要文本末尾的一个损失：请选择语言模型或分类模型，或使用未训练的权重。",
    ),
    "inside_method": ("Method", "方法"),
    "inside_method_gradient": ("gradient", "梯度"),
    "inside_method_occlusion": ("leaving each out (the last 100)", "逐个去掉（最近 100 个）"),
    "inside_strip_influence": (
        "{model}: what “{target}” ({probability}) depends on. Choose the token after which the model predicts.",
        "{model}：预测“{target}”（{probability}）取决于什么。请选择在哪个词元之后做预测。",
    ),
    "inside_strip_verdict": (
        "What each token adds to “{label}”: blue speaks for it, orange against it.",
        "每个词元对“{label}”的贡献：蓝色支持，橙色反对。",
    ),
    "inside_running": (
        "The verdict if the text ended after each token:",
        "如果文本在每个词元之后结束，会得到的判断：",
    ),
    "inside_probability": ("probability", "概率"),
    "inside_token": ("token", "词元"),
    "inside_loss": ("loss", "损失"),
    "inside_logit": ("logit", "logit 值"),
    "inside_distance": ("distance in tokens", "距离（词元）"),
    "inside_mean_change": ("mean change of the loss, nats", "损失的平均变化（奈特）"),
    "inside_reach_picture": (
        "Curves of influence against distance; the table below has the numbers.",
        "影响随距离变化的曲线；数字见下方表格。",
    ),
    # view 4
    "inside_title_flow": ("Vanishing and exploding gradients", "梯度消失与爆炸"),
    "inside_idea_flow": (
        "A network learns from the past through the gradient of its loss by earlier states. At every step back "
        "it is multiplied by the same kind of factor: below 1 it vanishes, above 1 it explodes. Gates can keep "
        "that factor near 1: the forget gate of an LSTM starts open, a GRU has to learn it. Move the sliders and see.",
        "网络通过损失对之前状态的梯度来学习过去。每往回一步，梯度都要乘上同类的因子：小于 1 就会消失，大于 1 "
        "就会爆炸。门可以让这个因子接近 1：LSTM 的遗忘门一开始就是打开的，GRU 则要靠训练学会。拖动滑块看看。",
    ),
    "inside_said_gradients": (
        "The gradient {steps} steps before the last, divided by that of the last: {lasts}. Clipping at "
        "{clip:g} multiplies the gradient of {name}, whose length is {norm:.2g}, by {factor:.2g}.",
        "往回 {steps} 步处的梯度与最后一步之比：{lasts}。以 {clip:g} 为界裁剪时，{name} 的梯度（长度 "
        "{norm:.2g}）要乘以 {factor:.2g}。",
    ),
    "inside_said_backwards": (
        "The curves are of the top layer's direction that reads from right to left: its last step is the first token.",
        "曲线属于最上层从右向左读的方向：它的最后一步是第一个词元。",
    ),
    "inside_weights": ("Weights", "权重"),
    "inside_weights_fresh": ("fresh", "未训练"),
    "inside_weights_trained": ("trained", "已训练"),
    "inside_length": ("Length", "长度"),
    "inside_weight_scale": ("Scale of the recurrent weights", "循环权重的倍数"),
    "inside_forget_bias": ("Bias of the forget gate", "遗忘门偏置"),
    "inside_nonlinearity": ("Nonlinearity of the RNN", "RNN 的非线性"),
    "inside_clip": ("Clipping", "梯度裁剪"),
    "inside_seed": ("Seed", "随机种子"),
    "inside_steps_back": ("steps before the loss", "距损失的步数"),
    "inside_norm": ("norm of the gradient by the state", "对状态的梯度范数"),
    "inside_flow_picture": (
        "Norm of the gradient against distance, on a logarithmic scale; the table below has the numbers.",
        "梯度范数随距离的变化，对数坐标；数字见下方表格。",
    ),
    "inside_network": ("network", "网络"),
    "inside_state": ("state", "状态"),
    "inside_clipped": ("times, by clipping", "裁剪倍数"),
    "inside_weight_norm": ("norm of the whole gradient", "整个梯度的范数"),
    "inside_memory_title": ("Remember the first symbol", "记住第一个符号"),
    "inside_memory_idea": (
        "One of four symbols, then T others at random: which came first? Chance is 25%. Three fresh cells with "
        "32 units are trained on it while you watch, for a minute at most.",
        "先给四个符号之一，再给 T 个随机的其他符号：第一个是什么？瞎猜是 25%。三种未训练的单元（各 32 "
        "个）就在你眼前训练，最多一分钟。",
    ),
    "inside_train": ("Train", "训练"),
    "inside_stop": ("Stop", "停止"),
    "inside_said_memory": (
        "Share told right after {delay} other symbols: {told}.",
        "隔 {delay} 个其他符号之后的正确率：{told}。",
    ),
    "inside_no_run": (
        "This training is not here, or no longer: begin a new one.",
        "此训练不存在或已被清理：请重新开始。",
    ),
    "inside_delay": ("T, symbols in between", "T，间隔的符号数"),
    "inside_accuracy": ("share told right", "正确率"),
    "inside_step_count": ("step", "步"),
    "inside_seconds": ("seconds", "秒"),
    "inside_memory_picture": (
        "Accuracy against T; the table below has the numbers.",
        "正确率随 T 的变化；数字见下方表格。",
    ),
}
