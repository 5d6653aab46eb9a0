"""Labs: predict, run two arms from one seed, compare with the evidence."""
