"""Endpoints over HTTP that take a request, work on it, and give a video when it is done."""

from __future__ import annotations

from vbench_py.adapters.server.adapter import Server as Server
