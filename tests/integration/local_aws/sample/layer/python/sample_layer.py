"""A module that functions of the sample stack have from its layer."""

ORIGIN = "layer"
