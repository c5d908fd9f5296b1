"""Reports: records to terminal, HTML, Markdown, CSV and JSON."""

from vbench_py.report.flat import write_flat
from vbench_py.report.terminal import render
from vbench_py.report.write import write_report

__all__ = ["render", "write_flat", "write_report"]
