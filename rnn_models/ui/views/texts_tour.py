"""What the guided tour says, in English and Chinese."""

from __future__ import annotations

TOUR: dict[str, tuple[str, str]] = {
    "inside_tour": ("Guided tour in seven steps", "七步导览"),
    "inside_tour_at": ("Step {step} of 7", "第 {step} 步，共 7 步"),
    "inside_tour_next": ("Next", "下一步"),
    "inside_tour_back": ("Back", "上一步"),
    "inside_tour_end": ("End the tour", "结束导览"),
    "inside_tour_1": (
        "Unrolling. The network reads the text from left to right, one token at a time, and does the same "
        "computation at each. Press Play and watch it step along.",
        "展开。网络从左到右逐个词元地读文本，每一步做同样的计算。按“播放”，看它一步步前进。",
    ),
    "inside_tour_2": (
        "State. All that it remembers is these numbers, a row for each unit. Find a row that keeps its colour "
        "over many letters: it remembers. Choose it under Unit, and the text takes its colours.",
        "状态。它所记得的一切就是这些数，每个单元一行。找一行在许多字符上颜色不变的：它在记忆。在“单元”中选它，"
        "文本就按它着色。",
    ),
    "inside_tour_3": (
        "Gates. Three kinds of cell read the same text here. The vanilla RNN overwrites its state at every "
        "step; the gates of GRU and LSTM decide how much is kept. Compare the formulas.",
        "门。三种单元在这里读同一段文本。普通 RNN 每一步都改写状态；GRU 和 LSTM 的门决定保留多少。比较一下公式。",
    ),
    "inside_tour_4": (
        "Forgetting. Choose a token: blue is what the next prediction depends on. The curve shows for each "
        "cell how far back that goes.",
        "遗忘。选一个词元：蓝色表示下一个预测依赖什么。曲线显示每种单元能追溯多远。",
    ),
    "inside_tour_5": (
        "Gradients. What does not reach back cannot be learnt. Move the scale of the recurrent weights below "
        "and above 1, then press Train and see which cell learns to remember.",
        "梯度。传不回去的东西就学不到。把循环权重的倍数调到 1 以下和以上，然后按“训练”，看哪种单元学会记忆。",
    ),
    "inside_tour_6": (
        "What units learn. Nobody told the network of lines or quotation marks. Search for the units that know "
        "the position in the line.",
        "单元学到了什么。没有人教过网络什么是行、什么是引号。搜索知道行中位置的单元。",
    ),
    "inside_tour_7": (
        "Sentiment. Even whether a review is praise stands in the state of a model that only learnt to write. "
        "Move the slider and let it write.",
        "情感。就连影评是褒是贬，也存在于一个只学过写作的模型的状态里。移动滑块，让它写下去。",
    ),
}
