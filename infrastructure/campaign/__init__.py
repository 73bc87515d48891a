"""The campaign: a run of the app for every fault at every API call, each judged by the app's promises."""
