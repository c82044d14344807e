"""What the book says of the paper, and what it rests on: experiments, figures, claims, errata, proofs, CVXPY."""
