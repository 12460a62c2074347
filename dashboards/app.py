"""The Streamlit page: one component that fills it and talks to the venue by itself.

The script runs once for a visitor. What moves afterwards moves in the browser, which has its own
WebSocket to the venue; `dashboards.launch` starts this file and names the venue's addresses.
"""

import os
from pathlib import Path

import streamlit as st

COMPONENT = Path(__file__).parent / "component"
# Parts of one JavaScript module: Streamlit takes a component's script as a single text.
SCRIPTS = ("feed.js", "charts.js", "page.js")
PAGE_STYLE = """<style>
[data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stDecoration"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 0; max-width: none; }
[data-testid="stMain"], [data-testid="stAppViewContainer"] { overflow: auto; }
</style>"""


def _read(name: str) -> str:
    return (COMPONENT / name).read_text(encoding="utf-8")


st.set_page_config(page_title="venue", page_icon=":material/candlestick_chart:", layout="wide")
st.html(PAGE_STYLE)
dashboard = st.components.v2.component(
    "venue_dashboard",
    html=_read("dashboard.html"),
    css=_read("dashboard.css"),
    js="\n".join(_read(name) for name in SCRIPTS),
)
dashboard(
    key="dashboard",
    data={
        "ws": os.environ.get("VENUE_DASHBOARD_WS", "ws://127.0.0.1:9882"),
        "http": os.environ.get("VENUE_DASHBOARD_HTTP", ""),
    },
)
