"""Fleets of thousands of GPUs whose truth is known, as blocks that a real Prometheus serves."""
