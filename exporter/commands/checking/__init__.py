"""What `check` looks at before the first run, and what to change where something is missing."""
