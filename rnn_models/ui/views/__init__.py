"""The views of the tab *Inside*, one file each: what is computed, and beside it the script that draws it."""
