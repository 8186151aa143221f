"""The inference equations, one sub-model a file; the only room that knows PyMC."""
