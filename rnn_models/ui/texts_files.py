"""Sentences about files in English and Chinese; those of the kinds in `rnn_models.data.tables` begin with table_."""

from __future__ import annotations

FILES: dict[str, tuple[str, str]] = {
    "file_section": ("### Classify a file", "### 批量分析"),
    "file_hint": (
        "One text per line (.txt), or a table with a column of texts (.csv, .tsv, .xlsx, .jsonl, .json, .parquet); at"
        " most {rows} rows. Encoding and delimiter are found. The table comes back with a label for each row.",
        "每行一条文本的 .txt，或含文本列的表格（.csv、.tsv、.xlsx、.jsonl、.json、.parquet），最多 {rows} 行。"
        "编码和分隔符自动识别，下载的表格为每一行加上标签。",
    ),
    "file": ("File", "文件"),
    "file_column": ("Column with the texts", "文本所在的列"),
    "file_header": ("The first row has the names of the columns", "第一行是列名"),
    "classify_file": ("Classify the file", "分析整个文件"),
    "download": ("Download the results", "下载结果"),
    "file_by": ("Counts by", "分组统计"),
    "file_all_rows": ("all rows together", "全部合计"),
    "file_filter": ("Show", "显示"),
    "file_filter_all": ("all labels", "全部标签"),
    "file_order": ("Order", "排序"),
    "file_order_file": ("as in the file", "按文件顺序"),
    "file_order_certain": ("most certain first", "最确定的在前"),
    "file_order_uncertain": ("least certain first", "最不确定的在前"),
    "file_rows_region": ("Rows with their labels", "各行及其标签"),
    "file_at_work": ("{done} of {all} texts are classified.", "已分析 {done} / {all} 条。"),
    "file_texts": ("{count} texts: {counts}", "{count} 条文本：{counts}"),
    "file_text": ("1 text: {counts}", "1 条文本：{counts}"),
    "file_blanks": ("{count} blank rows have no label", "{count} 个空行没有标签"),
    "file_blank": ("1 blank row has no label", "1 个空行没有标签"),
    "file_strange": (
        "{count} texts seem to be in a language or script that the model was not trained on",
        "{count} 条文本的语言或文字模型似乎没有学过",
    ),
    "file_strange_one": (
        "1 text seems to be in a language or script that the model was not trained on",
        "1 条文本的语言或文字模型似乎没有学过",
    ),
    "file_part": (
        "The first {shown} of {count} rows are shown; the download has all of them.",
        "此处只显示 {count} 行中的前 {shown} 行，下载的文件包含全部结果。",
    ),
    "file_none": ("No row has this label.", "没有这个标签的行。"),
    "file_other_values": ("other values", "其他"),
    "file_blank_value": ("(blank)", "（空）"),
    "file_choose": ("Choose the column with the texts.", "请选择文本所在的列。"),
    "column_row": ("row", "行"),
    "column_text": ("text", "文本"),
    "column_label": ("label", "标签"),
    # what was found or assumed
    "table_encoding": ("Read as {encoding}", "按 {encoding} 编码读取"),
    "table_delimiter": ("cells between {delimiter}", "以{delimiter}分隔"),
    "table_bare_quotes": ("quotation marks are part of the texts", "引号视为文本的一部分"),
    "table_sheet": ("only the sheet “{sheet}” of {count} is read", "{count} 个工作表中只读取“{sheet}”"),
    "table_column": ("the texts are in “{column}”; you can choose another column", "文本取自“{column}”列，可以另选"),
    "table_header_assumed": (
        "the first row is taken for the names of the columns; if it is not, clear the tick below",
        "第一行当作列名；如果不是，请取消下方的勾选",
    ),
    "table_no_header_assumed": (
        "the first row is taken for a text; if it has the names of the columns, set the tick below",
        "第一行当作文本；如果是列名，请勾选下方的选项",
    ),
    "delimiter_comma": ("commas", "逗号"),
    "delimiter_semicolon": ("semicolons", "分号"),
    "delimiter_tab": ("tabs", "制表符"),
    "delimiter_bar": ("vertical bars", "竖线"),
    # what is wrong with a file, and what to do about it
    "no_file": ("There is no file: choose one first.", "还没有选择文件：请先选择。"),
    "file_too_big": (
        "The file is {size:.1f} MB; at most {limit:.0f} MB are allowed: split it.",
        "文件大小为 {size:.1f} MB，最多允许 {limit:.0f} MB：请拆分。",
    ),
    "file_rows": ("The file has more than {limit:,} rows: split it.", "文件超过 {limit:,} 行：请拆分。"),
    "file_no_order": (
        "The order must be file, certain or uncertain.",
        "order 必须是 file、certain 或 uncertain。",
    ),
    "file_no_header": ("The header must be yes, no or auto.", "header 必须是 yes、no 或 auto。"),
    "file_no_result": (
        "{file} is not a result of classify_file: it has no column of labels.",
        "{file} 不是 classify_file 的结果：没有标签列。",
    ),
    "table_no_file": ("The file is no longer here: choose it again.", "文件已不存在：请重新选择。"),
    "table_unreadable": ("The file cannot be read: {reason}.", "文件无法读取：{reason}。"),
    "table_ending": ("The file must end in one of {endings}.", "文件扩展名必须是 {endings} 之一。"),
    "table_empty": (
        "There is no text in the file: put one text on each line or in each row.",
        "文件里没有文本：请每行写一条。",
    ),
    "table_no_codec": ("There is no encoding {encoding}.", "没有 {encoding} 这种编码。"),
    "table_encoding_unclear": (
        "Line {line} is not UTF-8, and the file is not clearly in UTF-16, GBK or Western European encoding: save it as"
        " UTF-8 (in Excel: CSV UTF-8).",
        "第 {line} 行不是 UTF-8，也无法确定是 UTF-16、GBK 还是西欧编码：请另存为 UTF-8（Excel 中选 CSV UTF-8）。",
    ),
    "table_encoding_broken": (
        "Line {line} is not UTF-8, but other lines are: mend this line.",
        "第 {line} 行不是 UTF-8，其他行是：请修正这一行。",
    ),
    "table_encoding_wrong": ("Line {line} is not {encoding}.", "第 {line} 行不是 {encoding} 编码。"),
    "table_no_columns": ("A .txt file has no columns: choose none.", ".txt 文件没有列：请不要选择列。"),
    "table_no_column": (
        "There is no column of texts {column}; the columns are: {columns}. Choose one of them.",
        "没有文本列 {column}，现有的列：{columns}。请从中选择。",
    ),
    "table_which_column": (
        "It is not clear which column has the texts: choose one of {columns}.",
        "无法确定哪一列是文本：请从 {columns} 中选择。",
    ),
    "table_cells": (
        "Row {row} has {cells} cells, and the first row {expected}: put quotation marks around cells that contain"
        " {delimiter}, or save one text per line as .txt.",
        "第 {row} 行有 {cells} 个单元格，而第一行有 {expected} 个：请给含{delimiter}的单元格加引号，"
        "或另存为每行一条的 .txt。",
    ),
    "table_quotes": (
        "Row {row}: its quotation marks are not closed, or something follows them. Write a quotation mark within a"
        ' quoted cell as "".',
        '第 {row} 行：引号没有成对，或引号之后还有内容。加引号的单元格里，引号要写成 ""。',
    ),
    "table_long_cell": (
        "Row {row} has a cell of more than {limit:,} characters: check whether a quotation mark is not closed.",
        "第 {row} 行有超过 {limit:,} 个字符的单元格：请检查引号是否成对。",
    ),
    "table_not_json": ("Row {row} is not JSON: {reason}.", "第 {row} 行不是 JSON：{reason}。"),
    "table_not_object": (
        'Row {row} is not a JSON object such as {{"text": "..."}}.',
        '第 {row} 行不是 {{"text": "..."}} 这样的 JSON 对象。',
    ),
    "table_not_text": (
        "Row {row}, column {column}: {value} is not a text.",
        "第 {row} 行 {column} 列：{value} 不是文本。",
    ),
    "table_not_utf8": ("Row {row}, column {column} is not UTF-8.", "第 {row} 行 {column} 列不是 UTF-8。"),
    "table_bad_character": (
        "Row {row}: character {position} is {character}, which is not text: remove it.",
        "第 {row} 行第 {position} 个字符是 {character}，不是有效的文字：请删除。",
    ),
    "table_not_parquet": ("This is not a Parquet file that can be read.", "这不是可以读取的 Parquet 文件。"),
    "table_not_excel": (
        "This is not an .xlsx file that can be read: save it in Excel as .xlsx again.",
        "这不是可以读取的 .xlsx 文件：请在 Excel 中重新另存为 .xlsx。",
    ),
    "table_no_openpyxl": (
        "This server cannot read .xlsx: save the file as CSV.",
        "服务器不能读取 .xlsx：请另存为 CSV。",
    ),
    "table_too_large": (
        "The file holds {size:.0f} MB when unpacked; at most {limit:.0f} MB are allowed: split it.",
        "文件解压后有 {size:.0f} MB，最多允许 {limit:.0f} MB：请拆分。",
    ),
    "table_taken": (
        "The file already has the columns that would be added: rename {columns}.",
        "文件已有要添加的列：请把 {columns} 改名。",
    ),
}
