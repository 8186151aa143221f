"""What a row of each table must say: the checks of a single row, before rows are held against each other."""
