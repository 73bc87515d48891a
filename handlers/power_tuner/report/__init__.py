"""The report page, and how figures are written for people."""
