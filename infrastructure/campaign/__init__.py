"""The campaign: one run of the app for every fault at every API call, each judged by what the app promises."""
