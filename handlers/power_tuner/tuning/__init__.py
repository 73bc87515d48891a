"""What a run is: its input, plan, lease, samples, statistics, prices and result."""
