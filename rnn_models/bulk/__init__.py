"""Files of any size through a classifier."""
