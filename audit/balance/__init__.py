"""What annotators answered, and how slices are covered: what the balance auditor measures with."""
