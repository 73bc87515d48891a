"""What the tuner costs: each line of an account's bill, from usage that was recorded on the local AWS."""
