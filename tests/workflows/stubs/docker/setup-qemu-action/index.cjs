// The tests build for one architecture, or stand in for what builds.
