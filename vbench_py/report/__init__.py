"""Reports: records to terminal, HTML, Markdown, LaTeX, CSV and JSON."""

from vbench_py.report.flat import write_flat
from vbench_py.report.terminal import render
from vbench_py.report.text import json_text
from vbench_py.report.videos import render_videos
from vbench_py.report.write import write_report

__all__ = ["json_text", "render", "render_videos", "write_flat", "write_report"]
