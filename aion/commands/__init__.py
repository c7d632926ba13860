"""The commands of the command line: the options of each, and what it does with them."""
