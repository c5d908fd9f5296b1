"""`python -m vbench_py.cli`: the command without its script."""

from vbench_py.cli.app import main

main()
