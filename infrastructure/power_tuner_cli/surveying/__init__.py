"""The survey of a fleet: what each function of an account and region costs, from what AWS has counted already."""
