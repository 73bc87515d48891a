"""Verify on a real account what is promised and assumed: what AWS answers, as evidence."""
