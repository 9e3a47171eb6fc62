"""The chargeback report as pages people read: HTML with charts inside."""
