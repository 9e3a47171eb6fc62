"""Rules for a Prometheus: live costs and alerts from the same profiles and budgets as the rows."""
