"""The look of all tabs: few sizes, one spacing, one accent, and colours that everybody can tell apart.

The accent and the colours of the labels are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), darker or
lighter where text needs more contrast.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

# Only fonts of the system: Gradio's themes load fonts that are not bundled from the network.
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC", "sans-serif"]
MONO = ["ui-monospace", "Menlo", "Consolas", "monospace"]
CSS = (Path(__file__).parent / "pages" / "page.css").read_text(encoding="utf-8")
ACCENT, ACCENT_DARK = "#005b8f", "#7cc4ee"


def theme() -> gr.themes.Base:
    """The theme of the app."""
    accent = gr.themes.Color(
        name="accent",
        c50="#eef6fb",
        c100="#d9ebf6",
        c200="#b3d8ee",
        c300="#7cc4ee",
        c400="#3ea2dc",
        c500="#0072b2",
        c600="#005b8f",
        c700="#004a75",
        c800="#00395a",
        c900="#002a43",
        c950="#001b2c",
    )
    made = gr.themes.Base(
        primary_hue=accent,
        secondary_hue=accent,
        neutral_hue=gr.themes.colors.slate,
        spacing_size=gr.themes.sizes.spacing_md,
        radius_size=gr.themes.sizes.radius_sm,
        font=FONTS,
        font_mono=MONO,
    )
    return made.set(
        body_background_fill="#ffffff",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="*neutral_950",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_padding="0px",
        block_shadow="none",
        block_title_text_color="*body_text_color",
        block_title_text_color_dark="*body_text_color",
        block_title_text_weight="600",
        block_title_text_size="*text_sm",
        block_label_text_color="*body_text_color",
        block_label_text_color_dark="*body_text_color",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        input_background_fill="#ffffff",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_500",
        input_border_color_dark="*neutral_500",
        input_border_width="1px",
        input_placeholder_color="*neutral_600",
        input_placeholder_color_dark="*neutral_400",
        input_border_color_focus=ACCENT,
        input_border_color_focus_dark=ACCENT_DARK,
        border_color_primary="*neutral_300",
        border_color_primary_dark="*neutral_700",
        button_primary_background_fill=ACCENT,
        button_primary_background_fill_dark=ACCENT,
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_text_color="*neutral_900",
        button_secondary_text_color_dark="*neutral_100",
        button_secondary_border_color="*neutral_500",
        button_cancel_background_fill="*neutral_100",
        button_cancel_background_fill_dark="*neutral_800",
        button_cancel_text_color="*neutral_900",
        button_cancel_text_color_dark="*neutral_100",
        button_cancel_border_color="*neutral_500",
        button_transition="none",  # half-way from disabled to live, a button's text has too little contrast
        link_text_color=ACCENT,
        link_text_color_dark=ACCENT_DARK,
        link_text_color_visited=ACCENT,
        link_text_color_visited_dark=ACCENT_DARK,
        color_accent=ACCENT,
        slider_color=ACCENT,
        slider_color_dark=ACCENT_DARK,
        layout_gap="*spacing_xl",
    )
