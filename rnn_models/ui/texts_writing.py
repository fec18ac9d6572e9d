"""What the tab *Generate* says about writing on: alternatives, states, poems, networks side by side."""

from __future__ import annotations

WRITING: dict[str, tuple[str, str]] = {
    # buttons and lines below a text
    "after": ("The text so far", "已有的文字"),
    "state": ("State", "状态"),
    "other": ("The other state", "另一个状态"),
    "share": ("Share", "比例"),
    "page_speed": ("{speed} characters a second", "每秒 {speed} 个字符"),
    "page_go_on": ("Go on", "继续写"),
    "page_again": ("Another seed", "换个种子"),
    "page_pace": ("Speed of writing", "书写速度"),
    "page_pace_most": ("as fast as it goes", "不限速"),
    "page_pace_some": ("{speed} characters a second", "每秒 {speed} 字"),
    "page_alternatives": (
        "What else the model could have written in place of “{piece}”. Choose one, and the text goes on from there.",
        "此处除“{piece}”外，模型还可能写出以下内容。选择一个，文字就从那里接着写。",
    ),
    "page_alternatives_hint": (
        "Click a token, or press Enter on it, to see what else the model could have written there.",
        "点击词元，或移到词元上按回车键，可查看模型此处还可能写出什么。",
    ),
    "page_alternative": ("Token", "词元"),
    "page_alternative_probability": ("Probability", "概率"),
    "page_alternative_chance": ("After the settings", "按设置调整后"),
    "page_alternative_written": ("written", "已写出"),
    "page_end_of_text": ("(end of the text)", "（文末）"),
    "page_close": ("Close", "关闭"),
    "page_no_answer": (
        "The server did not answer: check that it still runs, then try again.",
        "服务器没有回应：请确认它仍在运行，然后重试。",
    ),
    "page_history": ("Texts of this visit ({count})", "本次访问生成的文字（{count}）"),
    "page_history_none": (
        "The texts that you let a model write are listed here until the page is closed.",
        "您生成的文字会列在这里，关闭页面后即消失。",
    ),
    "page_history_entry": ("{model}, seed {seed}: {begin}", "{model}，种子 {seed}：{begin}"),
    # kept states
    "page_states": ("The state of the network ({count} kept)", "网络的状态（已保存 {count} 个）"),
    "page_states_hint": (
        "After a text, a network's memory is a few hundred numbers: its state. Keep it under a name, and let another "
        "text start from it. States stay in this page until it is closed; a download keeps them.",
        "写完一段文字后，网络的全部记忆就是几百个数，即它的状态。可以命名保存，让另一段文字从它开始。"
        "状态只留在本页中，关闭页面后即消失；下载后可长期保存。",
    ),
    "page_state_name": ("Name", "名称"),
    "page_state_keep": ("Keep the state after this text", "保存这段文字之后的状态"),
    "page_state_kept": ("Kept as “{name}”.", "已保存为“{name}”。"),
    "page_state_list": ("Kept states", "已保存的状态"),
    "page_state_start": ("Start from this state", "从该状态开始写"),
    "page_state_blend_with": ("Blend with", "混合"),
    "page_state_nothing": ("nothing", "不混合"),
    "page_state_share": ("{percent} of “{name}”", "“{name}”占 {percent}"),
    "page_state_download": ("Download the state", "下载状态"),
    "page_state_upload": ("Upload a state", "上传状态"),
    "page_state_remove": ("Remove", "删除"),
    "page_state_started": ("From the state “{name}”.", "从状态“{name}”开始。"),
    "no_states": (
        "{model} runs on another runtime here, which keeps no states: choose another model.",
        "{model} 在此使用的运行环境无法保存状态：请选择其他模型。",
    ),
    "state_kind": (
        "This is not a state of a network: choose a .safetensors file that was downloaded here.",
        "这不是网络的状态：请选择从本页下载的 .safetensors 文件。",
    ),
    "state_model": (
        "This is a state of {other}, not of {model}: choose the model {other} for it.",
        "这是 {other} 的状态，不是 {model} 的：请改用模型 {other}。",
    ),
    "state_weights": (
        "This is a state of {model} after another training, which these weights cannot go on from: keep one here.",
        "这是另一次训练所得 {model} 的状态，当前权重无法接着用：请在此重新保存一个。",
    ),
    "state_shapes": (
        "This state does not have the size of {model}: use a file that was downloaded here.",
        "此状态的大小与 {model} 不符：请使用从本页下载的文件。",
    ),
    "state_values": (
        "This state has numbers that {model} cannot have: use a file that was downloaded here.",
        "此状态中含有 {model} 不可能有的数值：请使用从本页下载的文件。",
    ),
    # side by side
    "compare": ("Networks side by side", "网络对比"),
    "compare_hint": (
        "The same prompt, settings and seed for each network that reads the same tokens.",
        "让词元表相同的各个网络使用同样的开头、设置和种子。",
    ),
    "compare_write": ("Write with each", "同时生成"),
    "no_siblings": (
        "No other model here reads the same tokens as {model}: choose one of the three that read Shakespeare.",
        "这里没有与 {model} 词元表相同的其他模型：请在三个莎士比亚模型中选择。",
    ),
    "page_compared_bits": ("{bits} bits a character", "每个字符 {bits} 比特"),
    "page_compared_seconds": ("{seconds} s", "{seconds} 秒"),
    # poems
    "poem": ("Poem", "诗体"),
    "form": ("Form", "体裁"),
    "form_info": (
        "The prompt is the first line, or its beginning.",
        "开头栏里写首句，也可以只写首句的前几个字。",
    ),
    "form_none": ("as the model likes", "不限"),
    "acrostic": ("First characters of the lines (acrostic)", "藏头（每句的第一个字）"),
    "acrostic_info": ("4 characters, or 8 for a lüshi; may be empty", "绝句 4 个字，律诗 8 个字，可以留空"),
    "rhyming": ("The even lines rhyme", "偶数句押韵"),
    "verse_keeps": ("Rules kept: {rules}.", "合乎格律：{rules}。"),
    "verse_breaks": ("Rules not kept: {rules}.", "不合格律：{rules}。"),
    "verse_form": ("form {shown}", "体裁 {shown}"),
    "verse_acrostic": ("acrostic {shown}", "藏头 {shown}"),
    "verse_rhyme": ("rhyme {shown}", "押韵 {shown}"),
    "verse_no_poet": (
        "{model} has no characters to write Chinese poems with: choose one of {names}.",
        "{model} 的词表不足以写中文诗：请从 {names} 中选择。",
    ),
    "verse_no_form": ("There is no such form: choose one of {names}.", "没有这种体裁：请从 {names} 中选择。"),
    "verse_acrostic_length": (
        "An acrostic of this form ({form}) has {count} characters, one a line, and not {found}.",
        "{form}的藏头应有 {count} 个字（每句一个），而不是 {found} 个。",
    ),
    "verse_acrostic_unknown": (
        "{model} does not know {characters}: choose other characters for the acrostic.",
        "{model} 不认识 {characters}：请换用其他字来藏头。",
    ),
    "verse_begin": (
        "Character {position} of the beginning ({character}) does not fit the form {form}, {lines} lines of {length} "
        "characters, or its acrostic: change the prompt.",
        "开头的第 {position} 个字符（{character}）不合{form}（{lines} 句，每句 {length} 字）或藏头：请修改开头。",
    ),
    "verse_complete": (
        "This is a complete poem already: nothing is left to write.",
        "这首诗已经写完，没有可续写的内容。",
    ),
    "not_a_boolean": ("{field} must be true or false.", "“{field}”必须是 true 或 false。"),
}
