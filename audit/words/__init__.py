"""What a bag of words tells of the labels: a model of the texts of a sample, held out by prompt. Off by default."""
