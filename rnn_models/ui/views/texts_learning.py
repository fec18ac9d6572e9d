"""What the view of the training says, in English and Chinese."""

from __future__ import annotations

LEARNING: dict[str, tuple[str, str]] = {
    "inside_title_learning": ("How it learnt", "学习过程"),
    "inside_idea_learning": (
        "Before training, a network draws letters at random. First it learns which letters are frequent, then words, "
        "then how lines look. Move the slider and see what it wrote at that moment, how its loss fell, how often its "
        "gates were shut or open, and how long its gradient was.",
        "训练之前，网络只是随机地写字符。它先学会哪些字符常见，再学会单词，然后学会一行的样子。拖动滑块，看它在那一刻写出了什么、"
        "损失如何下降、门有多常关闭或打开、梯度有多长。",
    ),
    "inside_said_losses": (
        "By step {step} the loss was: {losses}.",
        "到第 {step} 步时的损失：{losses}。",
    ),
    "inside_said_before": ("Nothing was learnt yet.", "此时还没有开始学习。"),
    "inside_said_gate": (
        "Most saturated was the gate “{gate}” of {model}: {below:.0%} of its values were shut and {above:.0%} open.",
        "最饱和的是 {model} 的“{gate}”门：{below:.0%} 的值接近关闭，{above:.0%} 接近打开。",
    ),
    "inside_no_log": (
        "{model} has no training_log.jsonl, so how it learnt cannot be shown. Models that have one: {names}.",
        "{model} 没有 training_log.jsonl，无法显示它的学习过程。有此文件的模型：{names}。",
    ),
    "inside_none": ("none", "无"),
    "inside_moment": ("Moment, step", "时刻（步）"),
    "inside_gradient_of": ("Gradient of", "梯度所属"),
    "inside_all_weights": ("all weights", "全部权重"),
    "inside_training_step": ("step of the training", "训练步"),
    "inside_training_loss": ("training loss", "训练损失"),
    "inside_learnt_validation": ("validation loss", "验证损失"),
    "inside_gradient_norm": ("norm of the gradient", "梯度范数"),
    "inside_beyond": (
        "{model} went up to {loss} at step {step}, above the picture.",
        "{model} 在第 {step} 步升至 {loss}，超出图外。",
    ),
    "inside_nats": ("nats per token", "奈特/词元"),
    "inside_nats_of_verdicts": ("nats per verdict", "奈特/判断"),
    "inside_learning_rate": ("learning rate", "学习率"),
    "inside_sample": ("sample", "样本"),
    "inside_shut": ("shut", "关"),
    "inside_open": ("open", "开"),
    "inside_gates_at": ("Gates at this moment", "此刻的门"),
    "inside_gates_hint": (
        "Blue, from the left: the share of values in the lowest tenth of the gate's range (of a ReLU, those at 0). "
        "Orange, from the right: in the highest tenth. Read over the first 256 tokens of the validation text.",
        "左侧蓝色：处于门取值范围最低十分之一的值所占比例（ReLU 则为等于 0 的值）。右侧橙色：最高十分之一。"
        "统计自验证文本的前 256 个词元。",
    ),
    "inside_gates_picture": (
        "How often each gate was shut and open at this moment; the table below has the numbers.",
        "此刻各个门关闭和打开的比例；数字见下方表格。",
    ),
    "inside_training_picture": (
        "Training loss against the step, on a logarithmic axis of steps; the table below has the numbers.",
        "训练损失随步数的变化，步数为对数坐标；数字见下方表格。",
    ),
    "inside_validation_picture": (
        "Validation loss against the step, on a logarithmic axis of steps; the table below has the numbers.",
        "验证损失随步数的变化，步数为对数坐标；数字见下方表格。",
    ),
    "inside_gradient_picture": (
        "Norm of the gradient against the step, both on logarithmic axes; the table below has the numbers.",
        "梯度范数随步数的变化，均为对数坐标；数字见下方表格。",
    ),
}
