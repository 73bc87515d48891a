"""A survey: what functions cost and what tuning them would save, from what production has measured already."""
