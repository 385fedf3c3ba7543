"""What numpy.testing is made of."""
