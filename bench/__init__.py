"""How fast the exporter is, measured against what the machine allows: `python -m bench`."""
