"""The judgement of the survey: fleets whose best memory sizes are known, in an account that counts its calls."""
