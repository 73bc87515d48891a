"""What happens without a person: enrolment, deployments, drift, and what is done with a decision."""
