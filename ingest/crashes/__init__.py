"""Crash reports of native programs: what their files tell without symbols."""
