"""What the tab *Inside* says, in English and Chinese. The page gets all of it without the prefix."""

from __future__ import annotations

INSIDE: dict[str, tuple[str, str]] = {
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
        "{model} judges texts and writes none, and this view is about writing: choose a language model.",
        "{model} 只判断文本、不写文本，而此视图针对写作：请选择语言模型。",
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
        "The text, coloured by the state of unit {unit} after each token: blue below 0, orange above. Choose a token.",
        "文本按单元 {unit} 在每个词元之后的状态着色：蓝色小于 0，橙色大于 0。请选择一个词元。",
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
}
