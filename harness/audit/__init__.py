"""Does a checkpoint descend from a named candidate? Findings and conclusions per component."""
