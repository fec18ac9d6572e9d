"""The sentences of the tab Forecast, in English and Chinese."""

from __future__ import annotations

FORECAST: dict[str, tuple[str, str]] = {
    "tab_forecast": ("Forecast", "预测"),
    "series_hint": (
        "A table with a column of times at equal steps and columns of numbers, at most 20,000 rows.",
        "表格需含一列等间隔的时间和若干数值列，最多 20,000 行。",
    ),
    "series_file": ("Table (.csv, .tsv, .parquet)", "表格（.csv、.tsv、.parquet）"),
    "series_columns": ("Columns", "列"),
    "series_columns_info": (
        "Empty: those that the model was trained on",
        "留空则使用模型训练时的列",
    ),
    "horizon": ("Steps to forecast", "预测步数"),
    "level": ("Interval", "区间"),
    "level_info": ("share of values that it should hold", "区间应包含的数值比例"),
    "forecast_button": ("Forecast", "开始预测"),
    "example_airline": ("Airline passengers, 1949–1960", "航空旅客，1949–1960"),
    "example_station": ("A made-up transformer station, 8 weeks", "虚构的变电站，8 周"),
    "series_plot": ("Series and forecast", "序列与预测"),
    "zoom_hint": (
        "Drag across the plot to zoom in; double-click to see all of it again.",
        "在图上拖动可放大，双击恢复。",
    ),
    "kind_history": ("history", "历史"),
    "kind_forecast": ("forecast", "预测"),
    "kind_low": ("interval, low", "区间下限"),
    "kind_high": ("interval, high", "区间上限"),
    "kind_naive": ("last season again", "重复上一季"),
    "kind_anomaly": ("out of line", "异常点"),
    "axis_time": ("time", "时间"),
    "axis_value": ("value", "数值"),
    "forecast_done": (
        "{column}: {steps} steps from {first} on; {anomalies} of {compared} past values are out of line (outside the "
        "99 % interval of their own forecast, or far steadier than it). By {model}",
        "{column}：从 {first} 起预测 {steps} 步；过去 {compared} 个值中有 {anomalies} 个异常"
        "（落在各自预测的 99% 区间之外，或远比预测平稳）。模型：{model}",
    ),
    "no_series": (
        "There is no table: choose a file, or click the example.",
        "还没有表格：请选择文件，或点击示例。",
    ),
    "series_refused": ("This table cannot be forecast: {problem}.", "无法预测这个表格：{problem}。"),
    "series_rows": (
        "The table has more than {limit:,} rows: cut off the oldest.",
        "表格超过 {limit:,} 行：请删去最早的部分。",
    ),
    "series_values": (
        "values must be a list of rows, each a list of {channels} numbers (null if missing): {columns}.",
        "values 必须是由行组成的列表，每行含 {channels} 个数字（缺失用 null）：{columns}。",
    ),
    "mase": ("validation MASE {value:.2f}", "验证集 MASE {value:.2f}"),
}
