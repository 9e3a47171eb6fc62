"""SQL that makes the written files readable as a table, from the same columns as the files."""
