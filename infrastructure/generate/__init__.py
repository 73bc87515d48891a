"""Write the files that follow from the table of a run's fields: schemas, their examples, and a table in docs."""
