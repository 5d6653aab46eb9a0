"""Labs: predict, run two arms from one seed, read what happened beside the evidence."""
