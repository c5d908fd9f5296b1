"""Cards, metrics and adapters held to what they promise; for whoever writes one, and for our own tests."""

from vbench_py.promises.finding import Finding as Finding
from vbench_py.promises.naming import check_all as check_all
from vbench_py.promises.naming import check_name as check_name
